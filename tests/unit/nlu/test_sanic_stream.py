"""`rasa shell` and ``?stream=true`` need a function that Sanic has dropped."""

from sanic import response


def test_rasas_channel_finds_the_function_that_it_calls():
    from myoguide.nlu import sanic_stream

    sanic_stream.restore()
    assert callable(response.stream)


def test_sanic_still_lacks_it():
    # If this fails, Sanic has it again (or Rasa no longer asks):
    # delete myoguide/nlu/sanic_stream.py.
    assert response.stream is response.ResponseStream
