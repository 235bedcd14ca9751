public import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension FeatureCache {
  /// Where features are kept unless somebody says otherwise: in `$GRAFT_CACHE`, else in the user's
  /// folder for caches. Nil where the environment names no place.
  public static func defaultDirectory(environment: [String: String]) -> FilePath? {
    func absolute(_ name: String) -> FilePath? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      let path = FilePath(value)
      return path.isAbsolute ? path : nil
    }
    if let own = environment["GRAFT_CACHE"], !own.isEmpty {
      return FilePath(own).appending("features")
    }
    if let cache = absolute("XDG_CACHE_HOME") {
      return cache.appending("graft").appending("features")
    }
    #if canImport(Darwin)
      let folders = ["Library", "Caches", "graft", "features"]
    #else
      let folders = [".cache", "graft", "features"]
    #endif
    return absolute("HOME").map { home in folders.reduce(home) { $0.appending($1) } }
  }
}

/// What the cache does to its directory.
enum CacheDirectory {
  /// A file of features with its size, and when it was last used.
  struct Entry {
    var path: FilePath
    var byteCount: Int
    fileprivate var seconds: Int
    fileprivate var nanoseconds: Int
    fileprivate var inode: UInt64
  }

  /// Creates a directory and those above it, for this user only.
  static func create(_ directory: FilePath) throws {
    var status = stat()
    if stat(directory.string, &status) == 0 { return }
    let parent = directory.removingLastComponent()
    if !parent.isEmpty && parent != directory { try create(parent) }
    guard mkdir(directory.string, 0o700) == 0 || errno == EEXIST else {
      throw Errno(rawValue: errno)
    }
  }

  /// The other files of features beside this one, least recently used first.
  static func otherFiles(than path: FilePath) -> [Entry] {
    let directory = path.removingLastComponent()
    guard let stream = opendir(directory.string) else { return [] }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      guard name.hasSuffix(".features"), name != path.lastComponent?.string else { continue }
      if let entry = self.entry(directory.appending(name)) { entries.append(entry) }
    }
    return entries.sorted {
      ($0.seconds, $0.nanoseconds, $0.path.string) < ($1.seconds, $1.nanoseconds, $1.path.string)
    }
  }

  /// Removes a file, unless another process has replaced or used it since it was listed.
  static func remove(_ entry: Entry) -> Bool {
    guard let present = self.entry(entry.path), present.inode == entry.inode,
      (present.seconds, present.nanoseconds) == (entry.seconds, entry.nanoseconds)
    else { return false }
    return unlink(entry.path.string) == 0
  }

  private static func entry(_ path: FilePath) -> Entry? {
    var status = stat()
    guard lstat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    #if canImport(Darwin)
      let used = status.st_mtimespec
    #else
      let used = status.st_mtim
    #endif
    return Entry(
      path: path, byteCount: Int(status.st_size), seconds: Int(used.tv_sec),
      nanoseconds: Int(used.tv_nsec), inode: UInt64(status.st_ino))
  }
}
