import GraftData
import SystemPackage

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One file of features: a header, then records of one size, each with its own checksum.
///
///     header   "graftFC\n"  version u32  CRC-32 of the rest u32  floats u64  backbone 32 bytes
///              preprocessing 32 bytes  zeros to 128
///     record   content hash 32 bytes  CRC-32 of hash and floats u32  zero u32  floats
///
/// Integers and floats are little-endian, as on every machine that graft runs on. Records are only
/// ever appended, each under an exclusive lock of the file, and believed only with the right hash
/// and checksum. So a crash, a full disk or another process can cost entries, never give wrong ones.
final class FeatureFile {
  typealias Write = (FileDescriptor, UnsafeRawBufferPointer, Int64) throws -> Void

  static let version: UInt32 = 1
  static let headerBytes = 128
  static let recordHeaderBytes = 40

  let key: FeatureCache.Key
  let isWritable: Bool
  /// Was there a file that could not be believed, and that is now begun anew?
  private(set) var wasRebuilt = false

  private let descriptor: FileDescriptor
  private let record: UnsafeMutableRawBufferPointer
  private let write: Write
  private var places: [ContentHash: Int] = [:]
  private var recordCount = 0

  /// Opens or creates the file, cuts off a torn last record, and reads the hashes.
  init(
    _ path: FilePath, key: FeatureCache.Key,
    write: @escaping Write = { descriptor, bytes, offset in
      try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
    }
  ) throws {
    self.key = key
    self.write = write
    (descriptor, isWritable) = try Self.open(path)
    record = .allocate(
      byteCount: Self.recordHeaderBytes + key.floatsPerEntry * MemoryLayout<Float>.stride,
      alignment: 8)
    try locked { try readAll() }
    // The time of change says when the file was last used; see FeatureCache.makeRoom.
    if isWritable { futimens(descriptor.rawValue, nil) }
  }

  deinit {
    record.deallocate()
    try? descriptor.close()
  }

  var count: Int { places.count }
  var byteCount: Int { Self.headerBytes + recordCount * record.count }
  var recordBytes: Int { record.count }

  private static func open(_ path: FilePath) throws -> (FileDescriptor, isWritable: Bool) {
    do {
      return (
        try .open(
          path, .readWrite, options: [.create, .closeOnExec, .nonBlocking],
          permissions: .ownerReadWrite), true
      )
    } catch Errno.permissionDenied, Errno.readOnlyFileSystem {
      return (try .open(path, .readOnly, options: [.closeOnExec, .nonBlocking]), false)
    }
  }
}

// MARK: - Entries

extension FeatureFile {
  func contains(_ hash: ContentHash) -> Bool { places[hash] != nil }

  enum ReadResult { case found, absent, damaged }

  /// Copies an entry out. A damaged one is forgotten, so that it can be appended again.
  func read(_ hash: ContentHash, into memory: UnsafeMutablePointer<Float>) -> ReadResult {
    guard let place = places[hash] else { return .absent }
    guard (try? readRecord(place)) == true,
      record.prefix(ContentHash.byteCount).elementsEqual(hash.bytes),
      storedChecksum == checksum
    else {
      places[hash] = nil
      return .damaged
    }
    UnsafeMutableRawBufferPointer(
      start: memory, count: record.count - Self.recordHeaderBytes
    ).copyMemory(from: UnsafeRawBufferPointer(rebasing: record[Self.recordHeaderBytes...]))
    return .found
  }

  /// Adds an entry, unless this or another process has it already.
  func append(_ hash: ContentHash, _ features: UnsafePointer<Float>) throws {
    try locked {
      try catchUp()
      guard places[hash] == nil else { return }
      record.initializeMemory(as: UInt8.self, repeating: 0)
      record.copyBytes(from: hash.bytes)
      UnsafeMutableRawBufferPointer(rebasing: record[Self.recordHeaderBytes...]).copyMemory(
        from: UnsafeRawBufferPointer(
          start: features, count: record.count - Self.recordHeaderBytes))
      record.storeBytes(of: checksum.littleEndian, toByteOffset: 32, as: UInt32.self)
      do {
        try write(descriptor, UnsafeRawBufferPointer(record), offset(of: recordCount))
      } catch {
        try? descriptor.resize(to: offset(of: recordCount))
        throw error
      }
      places[hash] = recordCount
      recordCount += 1
    }
  }

  /// Drops all other entries. Whoever else has the file open finds other hashes at the places that
  /// it remembers, hence misses.
  func keepOnly(_ hashes: Set<ContentHash>) throws {
    try locked {
      try catchUp()
      let kept = places.filter { hashes.contains($0.key) }.sorted { $0.value < $1.value }
      places = [:]
      for (target, (hash, place)) in kept.enumerated() {
        if place != target {
          guard try readRecord(place) else { throw Errno.ioError }
          try write(descriptor, UnsafeRawBufferPointer(record), offset(of: target))
        }
        places[hash] = target
      }
      recordCount = kept.count
      try descriptor.resize(to: offset(of: recordCount))
    }
  }

  private var storedChecksum: UInt32 {
    UInt32(littleEndian: record.load(fromByteOffset: 32, as: UInt32.self))
  }

  private var checksum: UInt32 {
    var crc = CRC32()
    crc.update(UnsafeRawBufferPointer(rebasing: record[..<ContentHash.byteCount]))
    crc.update(UnsafeRawBufferPointer(rebasing: record[Self.recordHeaderBytes...]))
    return crc.value
  }

  private func offset(of place: Int) -> Int64 {
    Int64(Self.headerBytes) + Int64(place) * Int64(record.count)
  }

  /// Reads a whole record; false where the file ends before.
  private func readRecord(_ place: Int) throws -> Bool {
    try Self.readAll(descriptor, at: offset(of: place), into: record)
  }
}

// MARK: - The file as a whole

extension FeatureFile {
  /// Reads the header and the hashes of all records, with the lock held.
  private func readAll() throws {
    places = [:]
    recordCount = 0
    if try regularFileSize() == 0 {
      try writeHeader()
    } else if try !headerMatches() {
      guard isWritable else { throw Errno.invalidArgument }
      wasRebuilt = true
      try descriptor.resize(to: 0)
      try writeHeader()
    }
    try catchUp()
  }

  /// Learns what other processes appended, and cuts off what a crashed one left half written: the
  /// lock is held, so nobody is writing it.
  private func catchUp() throws {
    let size = try regularFileSize()
    let complete = max(0, size - Self.headerBytes) / record.count
    guard complete >= recordCount else { return try readAll() }  // begun anew by somebody
    if isWritable && size > Int(offset(of: complete)) {
      try descriptor.resize(to: offset(of: complete))
    }
    try withUnsafeTemporaryAllocation(byteCount: ContentHash.byteCount, alignment: 8) { bytes in
      for place in recordCount..<complete {
        guard try Self.readAll(descriptor, at: offset(of: place), into: bytes) else { return }
        places[ContentHash(bytes: bytes)] = place  // the later one counts
      }
    }
    recordCount = complete
  }

  /// - Throws: where the file is gone, or no regular file.
  private func regularFileSize() throws -> Int {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Errno.invalidArgument }
    guard status.st_nlink > 0 else { throw Errno.noSuchFileOrDirectory }
    return Int(status.st_size)
  }

  private var header: [UInt8] {
    var header = [UInt8](repeating: 0, count: Self.headerBytes)
    header.withUnsafeMutableBytes { bytes in
      bytes.copyBytes(from: "graftFC\n".utf8)
      bytes.storeBytes(of: Self.version.littleEndian, toByteOffset: 8, as: UInt32.self)
      bytes.storeBytes(
        of: UInt64(key.floatsPerEntry).littleEndian, toByteOffset: 16, as: UInt64.self)
      UnsafeMutableRawBufferPointer(rebasing: bytes[24..<56]).copyBytes(from: key.backbone.bytes)
      UnsafeMutableRawBufferPointer(rebasing: bytes[56..<88])
        .copyBytes(from: key.preprocessing.bytes)
      var crc = CRC32()
      crc.update(UnsafeRawBufferPointer(rebasing: bytes[16...]))
      bytes.storeBytes(of: crc.value.littleEndian, toByteOffset: 12, as: UInt32.self)
    }
    return header
  }

  private func headerMatches() throws -> Bool {
    var found = [UInt8](repeating: 0, count: Self.headerBytes)
    let isComplete = try found.withUnsafeMutableBytes {
      try Self.readAll(descriptor, at: 0, into: $0)
    }
    return isComplete && found == header
  }

  private func writeHeader() throws {
    guard isWritable else { throw Errno.readOnlyFileSystem }
    try header.withUnsafeBytes { try write(descriptor, $0, 0) }
  }

  /// Fills the memory from this offset; false where the file ends before.
  private static func readAll(
    _ descriptor: FileDescriptor, at offset: Int64, into memory: UnsafeMutableRawBufferPointer
  ) throws -> Bool {
    var done = 0
    while done < memory.count {
      let count = try descriptor.read(
        fromAbsoluteOffset: offset + Int64(done),
        into: UnsafeMutableRawBufferPointer(rebasing: memory[done...]))
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Runs `body` while no other process changes the file.
  private func locked(_ body: () throws -> Void) throws {
    while flock(descriptor.rawValue, isWritable ? LOCK_EX : LOCK_SH) != 0 {
      guard errno == EINTR else { throw Errno(rawValue: errno) }
    }
    defer { flock(descriptor.rawValue, LOCK_UN) }
    try body()
  }
}
