"""`python -m plugin_bridge` is `kindred`."""

from plugin_bridge.cli import main

main()
