import Foundation

/// A bar with time left on a terminal; off a terminal one line at the end.
struct ProgressBar {
  let title: String
  let total: Int
  private let unit: String
  let isShown: Bool
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now
  /// Work that was there from the beginning says nothing about speed.
  private var done: Int
  private let doneBefore: Int
  private static let width = 20

  init(_ title: String, total: Int, doneBefore: Int = 0, unit: String = "", isShown: Bool) {
    self.title = title
    self.total = total
    self.unit = unit.isEmpty ? "" : " " + unit
    self.isShown = isShown
    self.doneBefore = doneBefore
    done = doneBefore
  }

  mutating func update(_ done: Int) {
    self.done = done
    guard isShown, Talk.isTerminal, clock.now - lastDrawn > .milliseconds(100) else { return }
    lastDrawn = clock.now
    Talk.write("\r\u{1B}[K" + line(ending: timeLeft()))
  }

  /// Ends the bar with the time that everything took.
  func finish() {
    guard isShown else { return }
    let text = line(ending: Self.text(clock.now - start)) + "\n"
    Talk.write(Talk.isTerminal ? "\r\u{1B}[K" + text : text)
  }

  /// Clears the bar, so that a message can stand there.
  func clear() {
    if isShown, Talk.isTerminal { Talk.write("\r\u{1B}[K") }
  }

  private func line(ending: String) -> String {
    let name = title.padding(toLength: max(title.count, 9), withPad: " ", startingAt: 0)
    guard Talk.isTerminal else { return "\(name) \(done)/\(total)\(unit)  \(ending)" }
    let filled = total == 0 ? Self.width : Self.width * done / total
    let bar =
      String(repeating: "━", count: filled) + String(repeating: "─", count: Self.width - filled)
    return "\(name) \(done)/\(total)\(unit) \(bar) \(ending)"
  }

  private func timeLeft() -> String {
    let computed = done - doneBefore
    guard computed > 0 else { return "" }
    let elapsed = clock.now - start
    let left = elapsed * (total - done) / computed
    return Self.text(left) + " left"
  }

  /// `12 s`, `1:58`, `1:02:03`.
  static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds < 10 {
      let tenths = Double(seconds) + Double(duration.components.attoseconds) * 1e-18
      return String(format: "%.1f s", tenths)
    }
    if seconds < 60 { return "\(seconds) s" }
    let (minutes, rest) = (seconds / 60, seconds % 60)
    if minutes < 60 { return String(format: "%d:%02d", minutes, rest) }
    return String(format: "%d:%02d:%02d", minutes / 60, minutes % 60, rest)
  }
}
