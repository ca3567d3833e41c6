"""The models in the box: bundles that come with the package, each in a folder of its name, with a
card that says what it was trained on, how well it does, and where it does not."""
