"""The commands of `halocline`: their options (`…_options`), output and exit status."""
