import GraftTensor
import Testing

@Suite struct SeededGeneratorTests {
  /// Published outputs of SplitMix64: Rosetta Code, "Pseudo-random numbers/Splitmix64", seed
  /// 1234567, and the reference implementation of Vigna, seed 0.
  @Test func givesThePublishedNumbers() {
    var generator = SeededGenerator(1_234_567)
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
    var zero = SeededGenerator(0)
    #expect(
      (0..<3).map { _ in zero.next() } == [
        0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F,
      ])
  }

  @Test func streamsDiffer() {
    let states = [
      SeededGenerator(1).state, SeededGenerator(1, 0).state, SeededGenerator(1, 1).state,
      SeededGenerator(1, 0, 1).state, SeededGenerator(1, 1, 0).state, SeededGenerator(2, 1).state,
      SeededGenerator(1, -1).state,
    ]
    #expect(Set(states).count == states.count)
    #expect(SeededGenerator(1, 2, 3).state == SeededGenerator(1, 2, 3).state)
  }

  @Test func uniformStaysBelowOneWithTheRightMoments() {
    var generator = SeededGenerator(3)
    let draws = (0..<20_000).map { _ in Double(generator.uniform()) }
    #expect(draws.allSatisfy { (0..<1).contains($0) })
    let mean = draws.reduce(0, +) / 20_000
    #expect(abs(mean - 0.5) < 0.01)
  }

  @Test func normalHasMeanZeroAndDeviationOne() {
    var generator = SeededGenerator(4)
    let draws = (0..<20_000).map { _ in Double(generator.normal()) }
    let mean = draws.reduce(0, +) / 20_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(draws.allSatisfy { $0.isFinite })
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.04)
  }
}
