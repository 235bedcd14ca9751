import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What is in folders: names only, no file is opened.
struct FolderListing {
  /// Regular files, and links to them.
  var files: [FilePath] = []
  /// Hidden files and folders, which are not looked into.
  var hiddenCount = 0
  /// Pipes, sockets, devices, links that lead nowhere or in a circle.
  var others: [FilePath] = []

  /// Folders on the way down, so that a link to one of them is not followed forever.
  private var visited: Set<FileStatus.Identity> = []

  private enum Kind { case file, folder, other }

  /// Everything below a folder, in natural order.
  static func recursive(_ folder: FilePath) throws(DataError) -> FolderListing {
    var listing = FolderListing()
    try listing.addAll(below: folder)
    listing.files = NaturalOrder.sorted(listing.files, below: folder)
    return listing
  }

  /// What is directly in a folder, in natural order.
  static func flat(
    _ folder: FilePath
  ) throws(DataError) -> (listing: FolderListing, folders: [FilePath]) {
    var listing = FolderListing()
    let folders = try listing.addEntries(of: folder)
    listing.files = NaturalOrder.sorted(listing.files, below: folder)
    return (listing, NaturalOrder.sorted(folders, below: folder))
  }

  private mutating func addAll(below root: FilePath) throws(DataError) {
    var pending = [root]
    while let folder = pending.popLast() {
      let identity: FileStatus.Identity
      do throws(Errno) {
        identity = try FileStatus(folder).identity
      } catch {
        throw DataError.reading(error).in(file: folder.displayName)
      }
      guard visited.insert(identity).inserted else { continue }
      pending += try addEntries(of: folder)
    }
  }

  /// Adds the files of a folder and returns its folders.
  private mutating func addEntries(of folder: FilePath) throws(DataError) -> [FilePath] {
    guard let stream = folder.withPlatformString({ opendir($0) }) else {
      throw DataError.reading(.last).in(file: folder.displayName)
    }
    defer { closedir(stream) }
    var folders: [FilePath] = []
    while true {
      // The end and a failure look alike but for the error number.
      errno = 0
      guard let entry = readdir(stream) else { break }
      let type = Int32(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { FilePath(platformString: $0) }
      }
      if name.isHidden {
        if name != ".", name != ".." { hiddenCount += 1 }
        continue
      }
      let path = folder.pushing(name)
      switch kind(type, path) {
      case .file: files.append(path)
      case .folder: folders.append(path)
      case .other: others.append(path)
      }
    }
    guard errno == 0 else { throw DataError.reading(.last).in(file: folder.displayName) }
    return folders
  }

  /// Asks the file system only where the listing itself does not say.
  private func kind(_ type: Int32, _ path: FilePath) -> Kind {
    if type == Int32(DT_REG) { return .file }
    if type == Int32(DT_DIR) { return .folder }
    guard type == Int32(DT_LNK) || type == Int32(DT_UNKNOWN) else { return .other }
    switch try? FileStatus(path).kind {
    case .regular: return .file
    case .directory: return .folder
    default: return .other
    }
  }
}

extension FilePath {
  fileprivate var isHidden: Bool { withPlatformString { $0[0] == 0x2E } }
}

extension FileStatus {
  /// Of a path that may lead to a folder.
  static func isFolder(_ path: FilePath) throws(DataError) -> Bool {
    do throws(Errno) {
      return try FileStatus(path).kind == .directory
    } catch {
      throw DataError.reading(error).in(file: path.displayName)
    }
  }
}
