"""A real session at the desktop, played by a script: `pressing` is the person, `session` what happens around it."""
