"""Contents of the panels of a figure, for the tests of figures."""


def with_gid(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def heights(axes, gid):
    return [float(line.get_ydata()[0]) for line in with_gid(axes, gid)]


def places(axes, gid):
    return [float(line.get_xdata()[0]) for line in with_gid(axes, gid)]


def words(axes):
    legend = axes.get_legend()
    results = [*axes.texts, *(legend.get_texts() if legend else [])]
    return " ".join(text.get_text().replace("\n", " ") for text in results)


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]
