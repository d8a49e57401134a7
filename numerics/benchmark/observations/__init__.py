"""What is seen of a system. Each is one small file; copy one to add your own."""
