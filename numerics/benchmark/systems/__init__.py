"""The zoo: systems whose attractors are known exactly. Each is one small file; copy one to add your own."""
