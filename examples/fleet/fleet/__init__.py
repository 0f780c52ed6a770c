"""Notes on phones, for the phones' owners and those they share with."""
