import Foundation
import Graft

// Values of the library in words for a person.

/// `1 epoch`, `2 epochs`.
func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : "s")"
}

extension Preprocessing {
  /// `RGB, shorter side 256, crop 224, mean …, std …`
  var words: String {
    var parts = [channels.rawValue]
    let side = crop.map { "\($0)" } ?? "the network's size"
    switch fit {
    case .crop:
      if let resize, resize != crop { parts.append("shorter side to \(resize)") }
      parts.append("crop \(side)x\(side)")
    case .pad: parts.append("padded to \(side)x\(side)")
    case .stretch: parts.append("stretched to \(side)x\(side)")
    }
    if scale != 1 { parts.append(String(format: "x%.5g", scale)) }
    parts.append("mean " + mean.map { String(format: "%.5g", $0) }.joined(separator: " "))
    parts.append("std " + std.map { String(format: "%.5g", $0) }.joined(separator: " "))
    return parts.joined(separator: ", ")
  }
}

extension Model {
  /// `2 classes`, `3 labels`, `1 value`
  var outputWords: String {
    switch task {
    case .classification: "\(classCount) classes"
    case .multiLabel: counted(classCount, "label")
    case .regression: counted(classCount, "value")
    }
  }
}

extension Model.PreprocessingOrigin {
  var words: String {
    switch self {
    case .file: "from the file"
    case .record(let name, _): "known model \(name)"
    case .network(let name): "as torchvision's \(name)"
    case .given: "as given"
    case .keras(let name): "Keras's for \(name)"
    case .convention: "the ImageNet convention"
    }
  }
}

extension Model {
  /// Says so where the preprocessing is not certain.
  func warnAboutPreprocessing(_ talk: Talk) {
    for note in notes { talk.warn(note) }
    switch preprocessingOrigin {
    case .convention:
      talk.warn(
        "nothing says how \(name) wants its photos; graft assumes the ImageNet convention "
          + "(--preprocess says otherwise)")
    case .record(let name, isVerified: false):
      talk.warn("the preprocessing of \(name) could not be verified from its page")
    default: break
    }
  }
}
