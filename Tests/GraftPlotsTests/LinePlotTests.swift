import Foundation
import GraftPlots
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct LinePlotTests {
  @Test func drawsASmallPlotLiterally() {
    let plot = LinePlot(
      title: "a < b & c", x: .init("epoch"), y: .init("loss"),
      series: [
        .init("training", [.init(0, 1), .init(1, 0.5), .init(2, 0.25)]),
        .init("best", [.init(2, 0.25)], style: .dots),
      ], width: 240, height: 160)
    #expect(plot.svg() == Self.small)
  }

  @Test(arguments: [
    LinePlot(x: .init(""), y: .init(""), series: []),
    LinePlot(title: "\u{1}\"'<>&\u{0}", x: .init("\u{FFFE}"), y: .init("]]>"), series: []),
    LinePlot(
      x: .init("x", scale: .logarithmic), y: .init("y", scale: .logarithmic),
      series: [.init("s", [.init(-1, 0), .init(0, .nan), .init(1, .infinity)])]),
    LinePlot(
      x: .init("x"), y: .init("y"), series: [.init("s", [.init(3, 3)])], width: -5, height: 0),
    LinePlot(
      x: .init("x", range: 2...2), y: .init("y", range: 0...1e-300),
      series: [.init("s", [.init(1, 1e300), .init(2, -1e300)])]),
    LinePlot(
      x: .init("x"), y: .init("y"),
      series: [.init("s", [.init(-1.7e308, -1.7e308), .init(1.7e308, 1.7e308)])]),
  ])
  func isAlwaysXML(_ plot: LinePlot) throws {
    #expect(try elements(of: plot)["svg"] == 2)
  }

  @Test func breaksLinesWhereThereIsNoPlace() throws {
    let points: [LinePlot.Point] = [
      .init(1, 1), .init(2, 2), .init(3, .nan), .init(4, 3), .init(5, 4), .init(6, 0), .init(7, 5),
    ]
    func plot(_ scale: LinePlot.Scale) -> LinePlot {
      LinePlot(x: .init("x"), y: .init("y", scale: scale), series: [.init("", points)])
    }
    #expect(try elements(of: plot(.linear))["polyline"] == 2)
    let logarithmic = try elements(of: plot(.logarithmic))
    #expect(logarithmic["polyline"] == 2)
    #expect(logarithmic["circle"] == 1)  // the last point has no neighbour
  }

  @Test func theLegendWrapsInsideTheFrame() {
    let names = (1...9).map { "a series with a long name \($0)" }
    let plot = LinePlot(
      x: .init("x"), y: .init("y"), series: names.map { .init($0, values: [1, 2]) }, width: 560)
    let lines = plot.svg().split(separator: "\n").filter { $0.contains("long name") }
    #expect(lines.count == 9)
    #expect(Set(lines.compactMap { $0.split(separator: "\"").dropFirst(3).first }).count == 5)
  }

  private func elements(of plot: LinePlot) throws -> [String: Int] {
    let counter = Counter()
    let parser = XMLParser(data: Data(plot.svg().utf8))
    parser.delegate = counter
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    return counter.counts
  }

  private final class Counter: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      counts[name, default: 0] += 1
    }
  }

  private static let small = """
    <svg xmlns="http://www.w3.org/2000/svg" width="240" height="160" viewBox="0 0 240 160" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#333333">
    <title>a &lt; b &amp; c</title>
    <rect width="100%" height="100%" fill="#ffffff"/>
    <text x="55" y="24" font-size="15" font-weight="bold">a &lt; b &amp; c</text>
    <polyline points="55,43 73,43" fill="none" stroke="#0072b2" stroke-width="2" stroke-linejoin="round" stroke-dasharray="none"/>
    <text x="81" y="47">training</text>
    <circle cx="160" cy="43" r="3.5" fill="#d55e00"/>
    <text x="177" y="47">best</text>
    <line x1="55" y1="56" x2="55" y2="114" stroke="#e3e3e3"/>
    <text x="55" y="131" text-anchor="middle">0</text>
    <line x1="137.5" y1="56" x2="137.5" y2="114" stroke="#e3e3e3"/>
    <text x="137.5" y="131" text-anchor="middle">1</text>
    <line x1="220" y1="56" x2="220" y2="114" stroke="#e3e3e3"/>
    <text x="220" y="131" text-anchor="middle">2</text>
    <line x1="55" y1="114" x2="220" y2="114" stroke="#e3e3e3"/>
    <text x="48" y="118" text-anchor="end">0</text>
    <line x1="55" y1="85" x2="220" y2="85" stroke="#e3e3e3"/>
    <text x="48" y="89" text-anchor="end">0.5</text>
    <line x1="55" y1="56" x2="220" y2="56" stroke="#e3e3e3"/>
    <text x="48" y="60" text-anchor="end">1.0</text>
    <path d="M55 56V114H220" fill="none" stroke="#8c8c8c"/>
    <text x="137.5" y="150" text-anchor="middle">epoch</text>
    <text transform="translate(18 85) rotate(-90)" text-anchor="middle">loss</text>
    <svg x="51" y="52" width="173" height="66" viewBox="51 52 173 66">
    <polyline points="55,56 137.5,85 220,99.5" fill="none" stroke="#0072b2" stroke-width="2" stroke-linejoin="round" stroke-dasharray="none"/>
    <circle cx="220" cy="99.5" r="3.5" fill="#d55e00"/>
    </svg>
    </svg>

    """
}
