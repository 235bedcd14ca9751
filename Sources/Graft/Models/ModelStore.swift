public import Foundation
public import GraftFetch

/// Published models on this machine: fetching them, taking over files that are here, checking them.
public enum ModelStore {
  /// Where fetched models go: the first folder of `$GRAFT_MODELS`, else graft's folder of models in
  /// the user's cache; nil where the system names no folder for caches.
  public static func folder(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> FilePath? {
    if let first = environment["GRAFT_MODELS"]?.split(separator: ":").first {
      return FilePath(String(first))
    }
    return ModelLocator.cacheFolder(environment: environment)
  }

  /// Where a model's file goes.
  ///
  /// - Throws: ``GraftError`` where there is no folder for it.
  static func place(of record: ModelRecord) throws(GraftError) -> FilePath {
    guard let folder = folder() else {
      throw GraftError(
        "there is no folder for models.", kind: .cannotCreate,
        hints: ["set GRAFT_MODELS to a folder of yours"])
    }
    return folder.appending("\(record.name).onnx")
  }
}

// MARK: - Fetching

extension ModelStore {
  /// Fetches a model's file, unless it is here, and returns where it is.
  ///
  /// - Parameters:
  ///   - urls: addresses to try in place of those of the record.
  ///   - onEvent: called several times a second; false asks to stop.
  /// - Throws: ``GraftError`` with every address and why it did not deliver.
  @discardableResult
  public static func pull(
    _ record: ModelRecord, from urls: [String]? = nil, onEvent: (Download.Event) -> Bool
  ) throws(GraftError) -> FilePath {
    let place = try place(of: record)
    if try isIntact(place, record) { return place }
    let urls = urls ?? record.sources.map(\.url)
    guard !urls.isEmpty else {
      throw GraftError(
        "no address of \(record.name) is known.", kind: .unavailable,
        hints: ["a file that you have: graft models add path/to/\(record.name).onnx"])
    }
    try createFolder(of: place)
    let download = Download(
      urls: urls, bytes: record.bytes, sha256: record.sha256, destination: place)
    do throws(FetchError) { try download.run(onEvent: onEvent) } catch {
      throw graftError(error, record, place)
    }
    return place
  }

  private static func graftError(
    _ error: FetchError, _ record: ModelRecord, _ place: FilePath
  ) -> GraftError {
    switch error {
    case .unavailable(let failed):
      GraftError(
        "\(record.name) cannot be fetched.", kind: .unavailable,
        hints: failed.map { "\($0.url) \($0.reason)" } + [
          "another address: graft models pull \(record.name) --from URL",
          "a file that you have: graft models add path/to/\(record.name).onnx",
        ])
    case .interrupted(let kept):
      GraftError(
        "stopped; \(megabytes(kept)) of \(megabytes(record.bytes)) MB are kept.",
        kind: .interrupted, hints: ["graft models pull \(record.name) goes on from there"])
    case .busy:
      GraftError(
        "another graft is fetching \(record.name).", kind: .unavailable,
        hints: ["wait until it is done, or stop it"])
    case .noLibrary(let reason):
      GraftError(
        "\(record.name) cannot be fetched: libcurl is not there.", kind: .unavailable,
        hints: [reason, "Debian: apt install libcurl4. macOS has it."])
    case .cannotWrite(let reason): GraftError("\(place.displayName): \(reason)", kind: .system)
    }
  }

  private static func createFolder(of place: FilePath) throws(GraftError) {
    let folder = place.removingLastComponent()
    do {
      try FileManager.default.createDirectory(
        atPath: folder.string, withIntermediateDirectories: true)
    } catch {
      throw GraftError(
        "\(folder.displayName): the folder cannot be created.", kind: .cannotCreate,
        hints: ["set GRAFT_MODELS to a folder of yours"])
    }
  }

  /// `12.3`, in units of 10⁶.
  package static func megabytes(_ bytes: Int) -> String {
    String(format: "%.1f", Double(bytes) / 1e6)
  }
}

// MARK: - Files that are here

extension ModelStore {
  /// Takes over a file that the user has: the model is recognised by its SHA-256 and the file is
  /// copied to where graft looks for it.
  ///
  /// - Throws: ``GraftError`` where the file is no model that graft knows by content.
  public static func add(_ file: FilePath) throws(GraftError) -> (ModelRecord, FilePath) {
    let bytes = fileSize(file)
    let hash = try hash(of: file)
    guard let record = ModelRecord.files.first(where: { $0.sha256 == hash }) else {
      throw GraftError(
        "\(file.displayName) is none of the models that graft knows by content "
          + "(\(bytes) bytes, SHA-256 \(hash.prefix(12))…).",
        hints: [
          "it can be used all the same: graft finetune \(file.displayName) on my-photos"
        ])
    }
    return (record, try keep(file, as: record))
  }

  /// Takes over a file as the one of this model.
  ///
  /// - Throws: ``GraftError`` where it is another file.
  public static func add(_ file: FilePath, as record: ModelRecord) throws(GraftError) -> FilePath {
    let hash = try hash(of: file)
    guard hash == record.sha256 else {
      let other = ModelRecord.files.first { $0.sha256 == hash }
      throw GraftError(
        "\(file.displayName) is not the file of \(record.name): its SHA-256 is \(hash.prefix(12))…, "
          + "not \(record.sha256.prefix(12))….",
        hints: other.map { ["It is \($0.name): graft models add \(file.displayName)"] } ?? [])
    }
    return try keep(file, as: record)
  }

  private static func keep(_ file: FilePath, as record: ModelRecord) throws(GraftError) -> FilePath
  {
    let place = try place(of: record)
    if try isIntact(place, record) { return place }
    try createFolder(of: place)
    do throws(DataError) { try copyFile(file, to: place) } catch {
      throw GraftError(error.in(file: "\(file.displayName) to \(place.displayName)"))
    }
    return place
  }

  /// Is the file a published one of the model: its own, or a variant?
  public static func isIntact(
    _ file: FilePath, _ record: ModelRecord
  ) throws(GraftError) -> Bool {
    let published =
      [(record.bytes, record.sha256)] + (record.variants ?? []).map { ($0.bytes, $0.sha256) }
    let bytes = fileSize(file)
    guard published.contains(where: { $0.0 == bytes }) else { return false }
    let hash = try hash(of: file)
    return published.contains { $0.1 == hash }
  }

  private static func hash(of file: FilePath) throws(GraftError) -> String {
    do throws(DataError) { return try ContentHash(ofFile: file).hex } catch {
      throw GraftError(error.in(file: file.displayName))
    }
  }
}
