from myoguide.knowledge.cli import main

raise SystemExit(main())
