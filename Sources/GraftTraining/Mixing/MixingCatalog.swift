/// The mixings by name, as settings and the command line spell them.
///
/// A name may be followed by α after a colon: `mixup:0.4`. Of several with commas between them, each
/// batch draws one: `mixup:0.2,cutmix:1`.
public enum MixingCatalog {
  /// Sorted.
  public static let names: [String] = makers.keys.sorted()

  /// The mixing that a text describes.
  ///
  /// - Throws: where a name is not known, the hint listing what there is; where α is no number above
  ///   0.
  public static func make(_ text: String) throws(TrainingError) -> any BatchMixing {
    var choices: [any BatchMixing] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      choices.append(try mixing(word))
    }
    return choices.count == 1 ? choices[0] : RandomMixing(choices)
  }

  private static func mixing(_ word: Substring) throws(TrainingError) -> any BatchMixing {
    let pieces = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(pieces[0])
    guard let make = makers[name] else {
      throw .unknownName(name, of: "mixing", known: names)
    }
    guard pieces.count > 1 else { return make(nil) }
    guard let alpha = Double(pieces[1]), alpha > 0, alpha.isFinite else {
      throw TrainingError(
        "'\(word)': '\(pieces[1])' is not a number above 0; expected \(name)[:ALPHA]",
        kind: .badSetting)
    }
    return make(alpha)
  }

  private static let makers: [String: @Sendable (Double?) -> any BatchMixing] = [
    "cutmix": { alpha in alpha.map { CutMix(alpha: $0) } ?? CutMix() },
    "mixup": { alpha in alpha.map { Mixup(alpha: $0) } ?? Mixup() },
  ]
}
