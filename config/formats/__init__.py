"""How dates and times are written and read in Zimbabwe, for Django's `FORMAT_MODULE_PATH`."""
