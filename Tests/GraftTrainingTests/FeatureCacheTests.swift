import GraftData
import GraftTraining
import SystemPackage
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct FeatureCacheTests {
  static let floats = 3
  static let recordBytes = 40 + 4 * floats

  func key(_ backbone: Character = "a", floats: Int = floats) -> FeatureCache.Key {
    FeatureCache.Key(
      backbone: ContentHash(of: [backbone.asciiValue!]), preprocessing: ContentHash(of: []),
      floatsPerEntry: floats)!
  }

  /// The SHA-256 of photo n, as it were.
  func hash(_ n: Int) -> ContentHash { ContentHash(of: "\(n)".utf8) }

  func features(_ n: Int) -> [Float] { [Float(n), Float(n) + 0.5, -Float(n)] }

  func read(_ cache: FeatureCache, _ n: Int, floats: Int = floats) -> [Float]? {
    var memory = [Float](repeating: .nan, count: floats)
    return cache.read(hash(n), into: &memory) ? memory : nil
  }

  /// A file with the entries 0..<count, and its bytes.
  func makeFile(_ folder: FilePath, count: Int) throws -> (path: FilePath, bytes: [UInt8]) {
    let cache = FeatureCache(directory: folder, key: key())
    for n in 0..<count { cache.append(hash(n), features(n)) }
    let path = folder.appending(try #require(list(folder).first))
    let bytes = try contents(path)
    #expect(bytes.count == 128 + count * Self.recordBytes)
    return (path, bytes)
  }

  @Test func keepsFeatures() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending("a").appending("b")
      let cache = FeatureCache(directory: place, key: key())
      #expect(read(cache, 1) == nil)
      cache.append(hash(1), features(1))
      cache.append(hash(2), features(2))
      cache.append(hash(1), features(9))  // the first one stays
      #expect(read(cache, 1) == features(1))
      let again = FeatureCache(directory: place, key: key())
      #expect(again.count == 2)
      #expect(again.contains(hash(2)))
      #expect(read(again, 1) == features(1))
      #expect(read(again, 2) == features(2))
      #expect(read(again, 3) == nil)
      #expect(again.notes == [])
    }
  }

  @Test func tellsBackbonesApart() throws {
    try withTemporaryFolder { folder in
      let (a, b) = (key("a"), key("b"))
      FeatureCache(directory: folder, key: a).append(hash(1), features(1))
      #expect(FeatureCache(directory: folder, key: b).count == 0)
      #expect(FeatureCache(directory: folder, key: key("a", floats: 4)).count == 0)
      #expect(FeatureCache(directory: folder, key: a).count == 1)
    }
  }

  @Test(arguments: [0, -1, .max]) func refusesEntriesOfNoSize(_ floats: Int) {
    let hash = hash(1)
    #expect(FeatureCache.Key(backbone: hash, preprocessing: hash, floatsPerEntry: floats) == nil)
  }

  /// What a kill or a power cut may leave: the file ends anywhere in its last record.
  @Test func survivesATornTail() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try makeFile(folder, count: 3)
      for cut in 1...Self.recordBytes {
        try write(bytes.dropLast(cut), to: path)
        let cache = FeatureCache(directory: folder, key: key())
        #expect(cache.count == 2)
        #expect(read(cache, 1) == features(1))
        #expect(read(cache, 2) == nil)
        cache.append(hash(2), features(2))
        #expect(try contents(path) == bytes)
      }
    }
  }

  @Test func survivesATornHeader() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try makeFile(folder, count: 1)
      for length in 0..<128 {
        try write(bytes.prefix(length), to: path)
        let cache = FeatureCache(directory: folder, key: key())
        #expect(cache.count == 0)
        cache.append(hash(0), features(0))
        #expect(try contents(path) == bytes)
      }
    }
  }

  /// One bit of every byte in turn: an entry is right or absent, never wrong.
  @Test func believesNothingFlipped() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try makeFile(folder, count: 2)
      for place in bytes.indices {
        var damaged = bytes
        damaged[place] ^= 1 << (place % 8)
        try write(damaged, to: path)
        let cache = FeatureCache(directory: folder, key: key())
        for n in 0..<2 {
          let found = read(cache, n)
          let isReserved = place >= 128 && (36..<40).contains((place - 128) % Self.recordBytes)
          let isTouched = place < 128 || (place - 128) / Self.recordBytes == n && !isReserved
          #expect(found == (isTouched ? nil : features(n)), "byte \(place), entry \(n)")
          cache.append(hash(n), features(n))
          #expect(read(cache, n) == features(n))
        }
        if place < 128 { #expect(cache.notes.count == 1) }
        let again = FeatureCache(directory: folder, key: key())
        #expect(read(again, 0) == features(0))
        #expect(read(again, 1) == features(1))
      }
    }
  }

  @Test func saysWhatWasDamaged() throws {
    try withTemporaryFolder { folder in
      let (path, bytes) = try makeFile(folder, count: 1)
      var damaged = bytes
      damaged[bytes.count - 1] ^= 1
      try write(damaged, to: path)
      let cache = FeatureCache(directory: folder, key: key())
      #expect(read(cache, 0) == nil)
      #expect(cache.damagedEntries == 1)
      #expect(cache.notes == ["\(path) has damaged entries; they are computed again"])
      damaged = bytes
      damaged[8] = 200  // the version
      try write(damaged, to: path)
      let other = FeatureCache(directory: folder, key: key())
      #expect(other.notes == ["\(path) was damaged or of another version; it is begun anew"])
      #expect(other.count == 0)
    }
  }

  @Test func twoWritersShareAFile() throws {
    try withTemporaryFolder { folder in
      let (a, b) = (
        FeatureCache(directory: folder, key: key()), FeatureCache(directory: folder, key: key())
      )
      for n in 0..<20 { (n % 3 == 0 ? a : b).append(hash(n), features(n)) }
      b.append(hash(0), features(0))
      #expect(read(b, 0) == features(0))
      a.append(hash(1), features(1))
      let c = FeatureCache(directory: folder, key: key())
      #expect(c.count == 20)
      for n in 0..<20 { #expect(read(c, n) == features(n)) }
      let path = folder.appending(list(folder)[0])
      let bytes = try contents(path)
      #expect(bytes.count == 128 + 20 * Self.recordBytes)
    }
  }

  @Test func writersAtOnce() async throws {
    var template = Array("/tmp/graft-training-XXXXXX".utf8CString)
    let folder = FilePath(String(cString: try #require(mkdtemp(&template))))
    let (key, hashes) = (key(), (0..<200).map { hash($0) })
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let cache = FeatureCache(directory: folder, key: key)
          // Each half of the entries is written by two writers.
          for n in 0..<200 where n % 2 == writer % 2 {
            cache.append(hashes[n], [Float(n), Float(n) + 0.5, -Float(n)])
          }
        }
      }
    }
    let cache = FeatureCache(directory: folder, key: key)
    #expect(cache.count == 200)
    for n in 0..<200 { #expect(read(cache, n) == features(n)) }
    let path = folder.appending(list(folder)[0])
    #expect(try contents(path).count == 128 + 200 * Self.recordBytes)
    unlink(path.string)
    rmdir(folder.string)
  }

  @Test func sizeIsBounded() throws {
    try withTemporaryFolder { folder in
      let limit = 128 + 4 * Self.recordBytes
      let cache = FeatureCache(directory: folder, key: key(), limitBytes: limit)
      for n in 0..<6 { cache.append(hash(n), features(n)) }
      #expect(cache.count == 4)
      #expect(cache.notes == ["feature cache full at 0 MB; further photos are not kept"])
      // The next run uses two of them, and needs room for two more.
      let next = FeatureCache(directory: folder, key: key(), limitBytes: limit)
      #expect(read(next, 1) == features(1))
      #expect(read(next, 3) == features(3))
      for n in 7..<9 { next.append(hash(n), features(n)) }
      #expect(next.notes == [])
      for n in [1, 3, 7, 8] { #expect(read(next, n) == features(n)) }
      for n in [0, 2] { #expect(read(next, n) == nil) }
      // The first one remembers places where other photos are now.
      for n in 0..<9 {
        let found = read(cache, n)
        #expect(found == nil || found == features(n))
      }
      // A lower limit empties the file.
      let lower = FeatureCache(
        directory: folder, key: key(), limitBytes: 128 + 2 * Self.recordBytes)
      #expect(lower.count == 0)
    }
  }

  @Test func dropsTheOtherFileFirst() throws {
    try withTemporaryFolder { folder in
      let size = 128 + 2 * Self.recordBytes
      for (age, name) in [("b" as Character), "c", "d"].enumerated() {
        let cache = FeatureCache(directory: folder, key: key(name))
        for n in 0..<2 { cache.append(hash(n), features(n)) }
        let path = folder.appending(list(folder).first { $0.hasPrefix(String(name)) }!)
        let time = timespec(tv_sec: 1000 - age, tv_nsec: 0)
        utimensat(AT_FDCWD, path.string, [time, time], 0)
      }
      // Room for three files; the oldest is d.
      let cache = FeatureCache(directory: folder, key: key("a"), limitBytes: 3 * size)
      for n in 0..<2 { cache.append(hash(n), features(n)) }
      #expect(list(folder).map { $0.first! } == ["a", "b", "c"])
      #expect(cache.count == 2)
      #expect(cache.notes == [])
    }
  }

  @Test func readOnlyFolderIsNoError() throws {
    try withTemporaryFolder { folder in
      _ = try makeFile(folder, count: 2)
      let path = folder.appending(list(folder)[0])
      chmod(path.string, 0o400)
      chmod(folder.string, 0o500)
      let cache = FeatureCache(directory: folder, key: key())
      #expect(read(cache, 1) == features(1))
      cache.append(hash(5), features(5))
      // The superuser may write all the same.
      #expect((read(cache, 5) == nil) == (getuid() != 0))
      let other = FeatureCache(directory: folder, key: key("b"))
      #expect(other.isEnabled == (getuid() == 0))
      #expect(other.notes.count == (getuid() == 0 ? 0 : 1))
    }
  }

  @Test func placeThatIsNoFolderIsNoError() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending("file")
      try write([], to: file)
      let cache = FeatureCache(directory: file, key: key())
      #expect(!cache.isEnabled)
      #expect(cache.notes.count == 1)
      #expect(cache.notes[0].hasPrefix("feature cache off: "))
      #expect(cache.notes[0].hasSuffix("Not a directory"))
      cache.append(hash(1), features(1))
      #expect(read(cache, 1) == nil)
    }
  }

  @Test func somethingElseOfThatNameIsNoError() throws {
    try withTemporaryFolder { folder in
      let (path, _) = try makeFile(folder, count: 1)
      unlink(path.string)
      mkfifo(path.string, 0o600)
      #expect(!FeatureCache(directory: folder, key: key()).isEnabled)
      unlink(path.string)
      mkdir(path.string, 0o700)
      #expect(!FeatureCache(directory: folder, key: key()).isEnabled)
    }
  }

  /// The disk fills up during each write in turn, half of the bytes already written.
  @Test func fullDiskSwitchesOff() throws {
    for failing in 0..<5 {
      try withTemporaryFolder { folder in
        var writes = 0
        let cache = FeatureCache(directory: folder, key: key(), limitBytes: 1 << 20) {
          descriptor, bytes, offset in
          defer { writes += 1 }
          guard writes != failing else {
            try descriptor.writeAll(
              toAbsoluteOffset: offset, UnsafeRawBufferPointer(rebasing: bytes[..<20]))
            throw Errno.noSpace
          }
          try descriptor.writeAll(toAbsoluteOffset: offset, bytes)
        }
        for n in 0..<6 { cache.append(hash(n), features(n)) }
        #expect(!cache.isEnabled)
        #expect(cache.notes.count == 1)
        #expect(cache.notes[0].hasSuffix("No space left on device"))
        let again = FeatureCache(directory: folder, key: key())
        #expect(again.count == max(0, failing - 1))
        for n in 0..<again.count { #expect(read(again, n) == features(n)) }
        again.append(hash(9), features(9))
        #expect(read(again, 9) == features(9))
      }
    }
  }

  @Test func survivesTheFileBeingRemoved() throws {
    try withTemporaryFolder { folder in
      let (path, _) = try makeFile(folder, count: 1)
      let cache = FeatureCache(directory: folder, key: key())
      unlink(path.string)
      #expect(read(cache, 0) == features(0))
      cache.append(hash(1), features(1))
      #expect(!cache.isEnabled)
      #expect(read(cache, 0) == nil)
    }
  }

  /// 10,000 entries of 2048 floats, most of them holes in a sparse file.
  @Test func opensTenThousandEntriesFast() throws {
    try withTemporaryFolder { folder in
      let key = key(floats: 2048)
      let values = [Float](repeating: 1, count: 2048)
      FeatureCache(directory: folder, key: key).append(hash(1), values)
      let path = folder.appending(list(folder)[0])
      let size = 128 + Int64(40 + 4 * 2048) * 10_000
      let descriptor = try FileDescriptor.open(path, .readWrite)
      try descriptor.closeAfter { try descriptor.resize(to: size) }
      let clock = ContinuousClock()
      let times = (0..<5).map { _ in
        clock.measure { #expect(FeatureCache(directory: folder, key: key).count == 2) }
      }
      // Under 50 ms in an optimised build; this bound is for a debug build on a busy machine.
      #expect(times.min()! < .seconds(1), "\(times)")
    }
  }

  @Test func findsItsPlace() {
    func place(_ environment: [String: String]) -> FilePath? {
      FeatureCache.defaultDirectory(environment: environment)
    }
    #expect(place(["GRAFT_CACHE": "here", "HOME": "/h"]) == "here/features")
    #expect(place(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/graft/features")
    #if canImport(Darwin)
      #expect(place(["HOME": "/h"]) == "/h/Library/Caches/graft/features")
    #else
      #expect(place(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/graft/features")
    #endif
    #expect(place([:]) == nil)
  }
}
