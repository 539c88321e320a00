"""The frame around the pages: window, rail, status, connection, commands."""
