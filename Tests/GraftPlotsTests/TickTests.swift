import GraftPlots
import Testing

/// Ticks, seen through what a plot writes.
@Suite struct TickTests {
  private func labels(
    x: ClosedRange<Double>, _ scale: LinePlot.Scale = .linear, width: Int = 720
  ) -> [String] {
    let plot = LinePlot(
      x: .init("", scale: scale, range: x), y: .init("", range: 0...1), series: [], width: width)
    return plot.svg().split(separator: "\n").filter { $0.contains("\"middle\"") }
      .compactMap { $0.split(separator: ">").dropFirst().first?.split(separator: "<").first }
      .map(String.init)
  }

  @Test(
    arguments: [
      (0...100, ["0", "20", "40", "60", "80", "100"]),
      (1...8, ["1", "2", "3", "4", "5", "6", "7", "8"]),
      (0...0.3, ["0", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]),
      (
        -0.02...0.02,
        ["−0.020", "−0.015", "−0.010", "−0.005", "0", "0.005", "0.010", "0.015", "0.020"]
      ),
      (0...3e7, ["0", "5·10⁶", "10⁷", "1.5·10⁷", "2·10⁷", "2.5·10⁷", "3·10⁷"]),
      (1e-9...3e-9, ["10⁻⁹", "1.5·10⁻⁹", "2·10⁻⁹", "2.5·10⁻⁹", "3·10⁻⁹"]),
    ] as [(ClosedRange<Double>, [String])])
  func linear(_ range: ClosedRange<Double>, _ expected: [String]) {
    #expect(labels(x: range) == expected)
  }

  @Test(
    arguments: [
      (1e-7...10, ["10⁻⁷", "10⁻⁶", "10⁻⁵", "0.0001", "0.001", "0.01", "0.1", "1", "10"]),
      (0.1...20, ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"]),
      (2...4, ["2.0", "2.5", "3.0", "3.5", "4.0"]),
      (1e-20...1, ["10⁻¹⁸", "10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"]),
    ] as [(ClosedRange<Double>, [String])])
  func logarithmic(_ range: ClosedRange<Double>, _ expected: [String]) {
    #expect(labels(x: range, .logarithmic) == expected)
  }

  @Test func aNarrowPlotHasFewer() {
    #expect(labels(x: 0...100, width: 240) == ["0", "50", "100"])
  }
}
