"""A real session at the desktop, played: `desktop.pressing` is the person, `session` what happens around it."""
