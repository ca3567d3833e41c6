"""What variants would change: alleles of a VCF to what a model tells of them, and its files."""
