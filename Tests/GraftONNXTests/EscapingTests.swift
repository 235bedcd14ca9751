import GraftONNX
import Testing

struct EscapingTests {
  @Test func plainTextStays() {
    #expect("conv1.weight é 漢 🌷".escaped() == "conv1.weight é 漢 🌷")
  }

  @Test func controlsAreWrittenOut() {
    #expect("a\nb\tc\r\u{1b}\u{7f}\u{9b}".escaped() == "a\\nb\\tc\\r\\u{1b}\\u{7f}\\u{9b}")
    #expect("\u{202e}\u{2066}\u{2028}".escaped() == "\\u{202e}\\u{2066}\\u{2028}")
  }

  @Test func longTextLosesItsMiddle() {
    #expect("abcdefghijklmnop".escaped(limit: 10) == "abcdef…nop")
    #expect(String(repeating: "\u{1}", count: 1000).escaped(limit: 20) == "\\u{1}\\u{1}…\\u{1}")
  }
}
