import Foundation
import Graft

/// Puts photos into one folder per class: links, or copies; the photos themselves never move.
struct PhotoSorter {
  let folder: FilePath
  private let copies: Bool

  init(_ folder: FilePath, copies: Bool) throws(GraftError) {
    self.folder = folder
    self.copies = copies
    try make(folder)
  }

  func place(_ verdict: Verdict) throws(GraftError) {
    guard verdict.error == nil, let best = verdict.guesses.first else { return }
    let label = verdict.isUnsure ? "unsure" : Self.folderName(best.label)
    let place = folder.appending(label)
    try make(place)
    let source = verdict.path.absolute
    for number in 1... {
      let target = place.appending(Self.fileName(verdict.path, number: number))
      if isThere(target) {
        if linksTo(target, source) || copies && holdsSame(target, source) { return }
        continue
      }
      return try put(source, at: target)
    }
  }

  /// A class name as the name of a folder: no separators, not hidden.
  static func folderName(_ label: String) -> String {
    let safe = String(label.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    return safe.isEmpty || safe.hasPrefix(".") ? "_" + safe : safe
  }

  /// `a.png`, `a-2.png` …: photos of the same name from different folders all have a place.
  private static func fileName(_ path: FilePath, number: Int) -> String {
    let name = path.lastComponent?.string ?? "photo"
    guard number > 1, let stem = path.lastComponent?.stem else { return name }
    let ending = path.extension.map { ".\($0)" } ?? ""
    return "\(stem)-\(number)\(ending)"
  }

  private func put(_ source: FilePath, at target: FilePath) throws(GraftError) {
    if copies {
      do {
        // What a link points to, not the link: it may be relative.
        try replaceFile(target, with: readFile(source, limit: ImageLimits.standard.fileBytes))
      } catch {
        throw GraftError(error.in(file: target.displayText))
      }
      return
    }
    let made = source.withPlatformString { from in target.withPlatformString { symlink(from, $0) } }
    guard made == 0 else {
      throw GraftError(
        "\(target.displayText): cannot be created: \(String(cString: strerror(errno)))",
        kind: .cannotCreate)
    }
  }

  private func holdsSame(_ copy: FilePath, _ source: FilePath) -> Bool {
    guard let a = try? ContentHash(ofFile: copy), let b = try? ContentHash(ofFile: source) else {
      return false
    }
    return a == b
  }

  private func make(_ path: FilePath) throws(GraftError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path.string, withIntermediateDirectories: true)
    } catch {
      throw GraftError(
        "\(path.displayText): the folder cannot be created: \(String(cString: strerror(errno)))",
        kind: .cannotCreate)
    }
  }

  private func isThere(_ path: FilePath) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: path.string)) != nil
  }

  private func linksTo(_ link: FilePath, _ source: FilePath) -> Bool {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: link.string)) == source.string
  }
}
