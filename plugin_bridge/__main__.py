"""The command `kindred`, also as `python -m plugin_bridge`."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still being read in is one line, too."""
    try:
        from plugin_bridge.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("kindred: interrupted\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
