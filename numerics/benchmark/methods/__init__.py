"""Methods that are put to the test. Each is one small file; copy one to add your own."""
