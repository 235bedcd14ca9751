extension LinePlot {
  /// The plot as an SVG file: a light picture that also prints well.
  public func svg() -> String {
    let layout = PlotLayout(self)
    var svg = SVGText()
    svg.open(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "width": "\(layout.width)",
        "height": "\(layout.height)", "viewBox": "0 0 \(layout.width) \(layout.height)",
        "font-family": "Helvetica, Arial, sans-serif", "font-size": "12", "fill": Ink.text,
      ])
    if !title.isEmpty { svg.element("title", [:], content: title) }
    svg.element("rect", ["width": "100%", "height": "100%", "fill": "#ffffff"])
    layout.drawHeading(title, into: &svg)
    layout.drawGrid(into: &svg)
    layout.drawLabels(x: x.label, y: y.label, into: &svg)
    layout.drawSeries(series, into: &svg)
    svg.close("svg")
    return svg.text
  }
}

/// Colours. Those of series are Okabe and Ito's, which the colour-blind tell apart, without the
/// yellow that white paper swallows.
private enum Ink {
  static let text = "#333333"
  static let grid = "#e3e3e3"
  static let frame = "#8c8c8c"
  private static let series = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000",
  ]

  static func series(_ index: Int) -> String { series[index % series.count] }
}

/// Where everything of a plot lies, in pixels.
private struct PlotLayout {
  let width: Int
  let height: Int
  private var x: AxisMapping
  private var y: AxisMapping
  private let legend: [LegendEntry]
  private let frame: (left: Double, top: Double, right: Double, bottom: Double)

  private struct LegendEntry {
    var index: Int
    var name: String
    var style: LinePlot.Style
    var x: Double
    var y: Double
  }

  private static let lineHeight = 18.0
  private static let titleHeight = 26.0
  private static let keyWidth = 26.0

  /// About the width of a text: 7 pixels a character are a little more than Helvetica needs at 12.
  private static func width(of text: String) -> Double { 7 * Double(text.count) }

  init(_ plot: LinePlot) {
    width = max(plot.width, 160)
    height = max(plot.height, 120)
    let points = plot.series.flatMap(\.points)
    x = AxisMapping(plot.x, numbers: points.map(\.x), count: max(width / 80, 2), isWidened: false)
    y = AxisMapping(plot.y, numbers: points.map(\.y), count: max(height / 50, 2), isWidened: true)

    let widest = y.ticks.map { Self.width(of: $0.label) }.max() ?? 0
    let left = 14 + widest + (plot.y.label.isEmpty ? 0 : 20)
    let right =
      Double(width) - max(20, (x.ticks.last.map { Self.width(of: $0.label) } ?? 0) / 2 + 4)
    var top = 12 + (plot.title.isEmpty ? 0 : Self.titleHeight)
    legend = Self.legend(plot.series, from: left, to: right, top: top)
    if let last = legend.last { top = last.y + Self.lineHeight }
    let bottom = Double(height) - 26 - (plot.x.label.isEmpty ? 0 : 20)
    frame = (left, top, right, max(bottom, top + 20))
    x.pixels = (left, right)
    y.pixels = (frame.bottom, top)
  }

  /// Names beside their colours, in lines as long as the frame is wide.
  private static func legend(
    _ series: [LinePlot.Series], from left: Double, to right: Double, top: Double
  ) -> [LegendEntry] {
    var place = (x: left, y: top)
    var entries: [LegendEntry] = []
    for (index, one) in series.enumerated() where !one.name.isEmpty {
      let width = keyWidth + Self.width(of: one.name) + 14
      if place.x + width > right, place.x > left { place = (left, place.y + lineHeight) }
      entries.append(
        LegendEntry(index: index, name: one.name, style: one.style, x: place.x, y: place.y))
      place.x += width
    }
    return entries
  }
}

// MARK: - Around the frame

extension PlotLayout {
  func drawHeading(_ title: String, into svg: inout SVGText) {
    if !title.isEmpty {
      svg.element(
        "text",
        [
          "x": SVGText.length(frame.left), "y": "24", "font-size": "15", "font-weight": "bold",
        ], content: title)
    }
    for entry in legend {
      let middle = entry.y + 5
      if entry.style == .dots {
        drawDot(entry.x + 9, middle, Ink.series(entry.index), into: &svg)
      } else {
        drawLine(
          [(entry.x, middle), (entry.x + 18, middle)], entry.style, Ink.series(entry.index),
          into: &svg)
      }
      svg.element(
        "text", ["x": SVGText.length(entry.x + Self.keyWidth), "y": SVGText.length(middle + 4)],
        content: entry.name)
    }
  }

  func drawGrid(into svg: inout SVGText) {
    let (left, top) = (SVGText.length(frame.left), SVGText.length(frame.top))
    let (right, bottom) = (SVGText.length(frame.right), SVGText.length(frame.bottom))
    for tick in x.ticks {
      guard let place = x(tick.value).map(SVGText.length) else { continue }
      svg.element(
        "line", ["x1": place, "y1": top, "x2": place, "y2": bottom, "stroke": Ink.grid])
      svg.element(
        "text",
        ["x": place, "y": SVGText.length(frame.bottom + 17), "text-anchor": "middle"],
        content: tick.label)
    }
    for tick in y.ticks {
      guard let place = y(tick.value) else { continue }
      let line = SVGText.length(place)
      svg.element(
        "line", ["x1": left, "y1": line, "x2": right, "y2": line, "stroke": Ink.grid])
      svg.element(
        "text",
        [
          "x": SVGText.length(frame.left - 7), "y": SVGText.length(place + 4),
          "text-anchor": "end",
        ], content: tick.label)
    }
    svg.element(
      "path",
      ["d": "M\(left) \(top)V\(bottom)H\(right)", "fill": "none", "stroke": Ink.frame])
  }

  func drawLabels(x: String, y: String, into svg: inout SVGText) {
    let middle = SVGText.length((frame.top + frame.bottom) / 2)
    if !x.isEmpty {
      svg.element(
        "text",
        [
          "x": SVGText.length((frame.left + frame.right) / 2), "y": "\(height - 10)",
          "text-anchor": "middle",
        ], content: x)
    }
    if !y.isEmpty {
      svg.element(
        "text",
        ["transform": "translate(18 \(middle)) rotate(-90)", "text-anchor": "middle"],
        content: y)
    }
  }
}

// MARK: - Inside the frame

extension PlotLayout {
  /// Series, in a window of their own that cuts off what lies outside.
  func drawSeries(_ series: [LinePlot.Series], into svg: inout SVGText) {
    // Room for the half of a line or dot that lies on the border.
    let room = 4.0
    let window = (
      SVGText.length(frame.left - room), SVGText.length(frame.top - room),
      SVGText.length(frame.right - frame.left + 2 * room),
      SVGText.length(frame.bottom - frame.top + 2 * room)
    )
    svg.open(
      "svg",
      [
        "x": window.0, "y": window.1, "width": window.2, "height": window.3,
        "viewBox": "\(window.0) \(window.1) \(window.2) \(window.3)",
      ])
    for (index, one) in series.enumerated() {
      let colour = Ink.series(index)
      for run in runs(of: one.points) {
        if one.style != .dots, run.count > 1 {
          drawLine(run, one.style, colour, into: &svg)
        } else {
          for (x, y) in run { drawDot(x, y, colour, into: &svg) }
        }
      }
    }
    svg.close("svg")
  }

  /// The points as pixels, parted where one has no place.
  private func runs(of points: [LinePlot.Point]) -> [[(Double, Double)]] {
    var runs: [[(Double, Double)]] = [[]]
    for point in points {
      if let px = x(point.x), let py = y(point.y) {
        runs[runs.count - 1].append((px, py))
      } else if !runs[runs.count - 1].isEmpty {
        runs.append([])
      }
    }
    return runs
  }

  private func drawLine(
    _ points: [(Double, Double)], _ style: LinePlot.Style, _ colour: String,
    into svg: inout SVGText
  ) {
    var text: [String] = []
    for (x, y) in points {
      let point = "\(SVGText.length(x)),\(SVGText.length(y))"
      if text.last != point { text.append(point) }
    }
    svg.element(
      "polyline",
      [
        "points": text.joined(separator: " "), "fill": "none", "stroke": colour,
        "stroke-width": "2", "stroke-linejoin": "round",
        "stroke-dasharray": style == .dashes ? "6 4" : "none",
      ])
  }

  private func drawDot(_ x: Double, _ y: Double, _ colour: String, into svg: inout SVGText) {
    svg.element(
      "circle",
      ["cx": SVGText.length(x), "cy": SVGText.length(y), "r": "3.5", "fill": colour])
  }
}
