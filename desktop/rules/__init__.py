"""The rules page: merchandising rules as sentences, with what they change beside them."""
