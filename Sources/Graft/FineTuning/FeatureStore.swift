import Foundation
import GraftKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the features of all photos lie while layers learn from them: in memory, or, where they would
/// take too much of it, in a scratch file.
///
/// The file has no name: the system reads and writes it as its pages are touched, and it is gone
/// when graft ends, however it ends.
struct FeatureStore {
  /// Bytes of features that are held in memory.
  let memoryLimit: Int
  /// Where scratch files are made.
  let directory: FilePath

  /// - Parameter caching: scratch files are made beside what is kept of other runs, a disk that was
  ///   chosen for features; a folder for temporary files may lie in memory itself.
  init(memoryLimit: Int, caching: FeatureCaching) {
    self.memoryLimit = memoryLimit
    directory = caching.directory ?? FilePath("/var/tmp")
  }

  /// In memory, however many.
  static let memory = FeatureStore(memoryLimit: .max, caching: .off)

  /// Do features of this shape go to a file?
  func usesFile(for shape: Shape) -> Bool { Self.bytes(of: shape) > memoryLimit }

  static func bytes(of shape: Shape) -> Int { shape.elementCount * MemoryLayout<Float>.stride }

  /// A tensor that is zero but for what `fill` writes.
  func tensor(
    _ shape: Shape, fill: (UnsafeMutablePointer<Float>) throws(GraftError) -> Void
  ) throws(GraftError) -> Tensor {
    guard usesFile(for: shape) else {
      var tensor = Tensor(shape)
      try fill(tensor.unsafeMutableView().base)
      return tensor
    }
    let file = try ScratchFile(byteCount: Self.bytes(of: shape), in: directory)
    let base = file.memory.assumingMemoryBound(to: Float.self)
    try fill(base)
    return Tensor(shape, borrowing: base, owner: file)
  }

  /// - Throws: where the disk has no room for features of this shape.
  func checkRoom(for shape: Shape) throws(GraftError) {
    guard usesFile(for: shape), let free = freeBytes, free < Self.bytes(of: shape) else { return }
    throw Self.noRoom(for: Self.bytes(of: shape), in: directory, free: free)
  }

  private var freeBytes: Int? {
    // The folder may not have been made yet.
    var place = directory
    while !FileManager.default.fileExists(atPath: place.string), place.components.count > 0 {
      place = place.removingLastComponent()
    }
    let facts = try? FileManager.default.attributesOfFileSystem(forPath: place.string)
    return (facts?[.systemFreeSize] as? NSNumber)?.intValue
  }

  fileprivate static func noRoom(
    for bytes: Int, in directory: FilePath, free: Int? = nil
  ) -> GraftError {
    GraftError(
      "\(directory.displayName): the features of these photos take \(gigabytes(bytes)) of disk"
        + (free.map { "; there are \(gigabytes($0))" } ?? ""),
      kind: .system,
      hints: [
        "Make room, name another folder with --cache, or train fewer layers: --depth head."
      ])
  }
}

/// Memory in a file without a name.
private final class ScratchFile: Sendable {
  nonisolated(unsafe) let memory: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Zeros. The room on the disk is taken at once: a disk that fills up while pages are written
  /// would end the process.
  init(byteCount: Int, in directory: FilePath) throws(GraftError) {
    func failure(_ code: CInt) -> GraftError {
      code == ENOSPC
        ? FeatureStore.noRoom(for: byteCount, in: directory)
        : GraftError(
          "\(directory.displayName): no scratch file can be made: "
            + "\(Errno(rawValue: code).description)", kind: .system)
    }
    try? FileManager.default.createDirectory(
      atPath: directory.string, withIntermediateDirectories: true)
    var name = directory.appending("features-XXXXXX.tmp").string.utf8CString.map { $0 }
    let descriptor = mkstemps(&name, 4)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    unlink(name)
    #if canImport(Darwin)
      let code = ftruncate(descriptor, off_t(byteCount)) == 0 ? 0 : errno
    #else
      let code = posix_fallocate(descriptor, 0, off_t(byteCount))
    #endif
    guard code == 0 else { throw failure(code) }
    let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { throw failure(errno) }
    memory = mapped
    self.byteCount = byteCount
  }

  deinit { munmap(memory, byteCount) }
}

/// `8.1 GB`, rounded up.
func gigabytes(_ bytes: Int) -> String {
  let tenths = Int((Double(bytes) / 1e8).rounded(.up))
  return "\(tenths / 10).\(tenths % 10) GB"
}
