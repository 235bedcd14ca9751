/// Curves and points over one x axis, as a value that draws itself: ``svg()``.
///
/// The same plot always gives the same text. Points that are not finite break the line, and on a
/// logarithmic axis so do those that are not above zero.
public struct LinePlot: Hashable, Sendable {
  /// Above the frame; empty for none.
  public var title: String
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, the first lowest.
  public var series: [Series]
  /// Pixels of the picture, at least 160.
  public var width: Int
  /// Pixels of the picture, at least 120.
  public var height: Int

  /// A plot of these series.
  public init(
    title: String = "", x: Axis, y: Axis, series: [Series], width: Int = 720, height: Int = 440
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.width = width
    self.height = height
  }
}

extension LinePlot {
  /// One direction of the plot.
  public struct Axis: Hashable, Sendable {
    /// Beside the axis; empty for none.
    public var label: String
    /// How numbers become places.
    public var scale: Scale
    /// What is shown; nil for all there is. What lies outside is cut off.
    public var range: ClosedRange<Double>?

    /// An axis; linear over all there is, unless said otherwise.
    public init(_ label: String, scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
      self.label = label
      self.scale = scale
      self.range = range
    }
  }

  /// How numbers become places on an axis.
  public enum Scale: Hashable, Sendable {
    case linear
    /// Of numbers above zero, every decade as long as the next.
    case logarithmic
  }

  /// One curve.
  public struct Series: Hashable, Sendable {
    /// For the legend; empty for a series that needs none.
    public var name: String
    /// In the order in which a line joins them.
    public var points: [Point]
    /// How the points are drawn.
    public var style: Style

    /// A curve through these points.
    public init(_ name: String, _ points: [Point], style: Style = .line) {
      self.name = name
      self.points = points
      self.style = style
    }

    /// A curve of numbers counted 1, 2, 3 …, such as the epochs of a run.
    public init(_ name: String, values: some Sequence<Double>, style: Style = .line) {
      self.init(name, zip(1..., values).map { Point(Double($0), $1) }, style: style)
    }
  }

  /// How the points of a series are drawn.
  public enum Style: Hashable, Sendable {
    case line
    case dashes
    case dots
  }

  /// A pair of numbers.
  public struct Point: Hashable, Sendable {
    /// Along the horizontal axis.
    public var x: Double
    /// Along the vertical axis.
    public var y: Double

    /// The point at these places.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }
}
