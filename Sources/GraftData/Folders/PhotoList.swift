public import SystemPackage

/// The photos to classify: files as they are given, and those in the folders that are given.
///
/// Paths keep the form in which they were given, with what was found below appended, in natural
/// order within each folder. What is named itself is taken whatever it is: reading it tells why it
/// is no photo.
public struct PhotoList: Sendable {
  public let paths: [FilePath]
  /// Hidden files and folders, left out.
  public let hiddenCount: Int
  /// Folders within the given ones, left out because the list is not recursive.
  public let folderCount: Int
  /// Pipes, sockets, devices and links that lead nowhere, left out.
  public let others: [FilePath]

  /// Lists files and folders.
  public init(_ given: [FilePath], recursive: Bool = false) throws(DataError) {
    var paths: [FilePath] = []
    var others: [FilePath] = []
    var (hidden, folders) = (0, 0)
    for path in given {
      guard try FileStatus.isFolder(path) else {
        paths.append(path)
        continue
      }
      let listing: FolderListing
      if recursive {
        listing = try FolderListing.recursive(path)
      } else {
        let flat = try FolderListing.flat(path)
        listing = flat.listing
        folders += flat.folders.count
      }
      paths += listing.files
      others += listing.others
      hidden += listing.hiddenCount
    }
    guard !paths.isEmpty else {
      let names = given.map { "'\($0.displayName)'" }.joined(separator: ", ")
      throw DataError(
        "no files in \(names)" + (folders > 0 ? "; --recursive looks into its folders" : ""),
        kind: .missing)
    }
    self.paths = paths
    self.others = others
    hiddenCount = hidden
    folderCount = folders
  }
}
