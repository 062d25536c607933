"""One module a page, one function a figure: the only place that draws."""
