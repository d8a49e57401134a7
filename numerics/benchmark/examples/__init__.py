"""Methods of users, to copy: a class in Python, and a program in another language. The README is about them."""
