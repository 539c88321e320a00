"""Loading: a file becomes a generation, and changes reach the live one; encoding and sending overlap."""
