"""What somebody who runs the assistant needs: health, metrics, logs, a stop that loses nothing."""
