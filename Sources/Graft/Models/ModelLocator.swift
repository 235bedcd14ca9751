public import Foundation

/// Where models are looked for, by path or name.
public enum ModelLocator {
  /// The file or run folder that a name means; nil where there is none.
  ///
  /// A path that exists comes first; then, for a known name, its file in each of ``folders()``.
  public static func path(of name: String) -> FilePath? {
    guard name != Model.defaultName else { return nil }
    if name.contains("/") || name.hasSuffix(".onnx") || isModel(name) { return FilePath(name) }
    guard let record = ModelRecord.named(name) else { return nil }
    for folder in folders() {
      for file in fileNames(of: record) {
        let path = folder.appending(file)
        if isThere(path.string) { return path }
      }
    }
    return nil
  }

  /// Folders in which known models are looked for: `$GRAFT_MODELS`, the working folder, and graft's
  /// folder of models in the user's cache.
  public static func folders(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [FilePath] {
    var folders: [FilePath] = []
    if let given = environment["GRAFT_MODELS"], !given.isEmpty {
      folders += given.split(separator: ":").map { FilePath(String($0)) }
    }
    folders.append(".")
    if let cache = cacheFolder(environment: environment) { folders.append(cache) }
    return folders
  }

  /// graft's folder of models in the user's cache.
  static func cacheFolder(environment: [String: String]) -> FilePath? {
    FeatureCache.defaultDirectory(environment: environment)
      .map { $0.removingLastComponent().appending("models") }
  }

  /// The names under which a model's file is usually saved.
  static func fileNames(of record: ModelRecord) -> [String] {
    let published = record.sources.compactMap { $0.url.split(separator: "/").last.map(String.init) }
    // Files of 8-bit numbers are not what their network's name asks for.
    let others = (record.variants ?? []).filter { $0.quantized == nil }.flatMap(\.names)
    let names =
      ([record.name] + record.aliases).map { "\($0).onnx" } + published
      + others.map { "\($0).onnx" }
    return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  package static func notFound(_ name: String) -> GraftError {
    guard let record = ModelRecord.named(name) else {
      let nearest = ModelRecord.nearest(to: name).map { " Did you mean '\($0)'?" } ?? ""
      return GraftError(
        "'\(name)' is not a model I know.\(nearest)", kind: .missing,
        hints: ["graft models lists all; a path to an .onnx file works too"])
    }
    var hints = [
      "looked for \(fileNames(of: record)[0]) in: "
        + folders().map(\.string).joined(separator: ", ")
    ]
    if !record.sources.isEmpty {
      hints.append(
        "graft models pull \(record.name) fetches it: \(ModelStore.megabytes(record.bytes)) MB")
    }
    hints.append("a path to the file works too: graft finetune path/to/model.onnx on my-photos")
    return GraftError(
      "the model '\(record.name)' is not on this machine.", kind: .missing, hints: hints)
  }

  /// Is there a file, or the folder of a run? A folder of photos may well be called `vgg16`.
  private static func isModel(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return false }
    return !isFolder.boolValue || RunFolder.modelFile(in: FilePath(path)) != nil
  }

  private static func isThere(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }
}
