import Foundation
import GraftData
import SystemPackage
import Testing

@Suite struct PhotoLoaderTests {
  private let preprocessing = Preprocessing(resize: 8, crop: 6, scale: 1 / 255)

  private func photos(_ count: Int) throws -> (TemporaryFolder, [FilePath]) {
    let folder = try TemporaryFolder()
    let paths = try (0..<count).map { number in
      try folder.write("\(number).png", smallPNG(number, width: 5 + number % 7, height: 4))
    }
    return (folder, paths)
  }

  @Test(arguments: [(1, 1), (2, 3), (4, 16), (8, 2)])
  func givesPhotosInOrder(_ threads: Int, _ lookAhead: Int) throws {
    let (folder, paths) = try photos(60)
    try Data("no photo".utf8).write(to: URL(filePath: paths[7].string))
    try FileManager.default.removeItem(atPath: paths[9].string)
    let loader = PhotoLoader(
      paths, preprocessing: preprocessing, threads: threads, lookAhead: lookAhead)
    for index in paths.indices {
      let photo = try #require(loader.next())
      #expect(photo.index == index && photo.path == paths[index])
      switch index {
      case 7:
        #expect(photo.contentHash == ContentHash(of: Array("no photo".utf8)))
        #expect(failure { _ = try photo.result.get() } == DataError("not an image"))
      case 9:
        #expect(photo.contentHash == nil)
        #expect(failure { _ = try photo.result.get() }?.kind == .missing)
      default:
        let prepared = try photo.result.get()
        let image = try ImageReader.read(paths[index]).image
        #expect(prepared.width == 6 && prepared.height == 6)
        #expect(try prepared.pixels == preprocessing.normalized(preprocessing.resized(image)))
        #expect(try photo.contentHash == ContentHash(ofFile: paths[index]))
      }
    }
    #expect(loader.next() == nil)
    #expect(loader.next() == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func nothingToLoad() {
    #expect(PhotoLoader([], preprocessing: preprocessing).next() == nil)
  }

  @Test func cancelEndsTheThreads() throws {
    let (folder, paths) = try photos(20)
    let many = (0..<500).flatMap { _ in paths }
    for taken in [0, 1, 30] {
      let loader = PhotoLoader(many, preprocessing: preprocessing, threads: 3, lookAhead: 4)
      for _ in 0..<taken { #expect(loader.next() != nil) }
      loader.cancel()
      #expect(loader.next() == nil)
      loader.cancel()
    }
    withExtendedLifetime(folder) {}
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/task")))
  func leavesNoThreadsBehind() throws {
    let (folder, paths) = try photos(10)
    func graftThreads() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
        let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
        return name?.hasPrefix("graft leak") ?? false
      }
    }
    var most = 0
    for _ in 0..<50 {
      let loader = PhotoLoader(
        paths + paths, preprocessing: preprocessing, threads: 3, lookAhead: 2,
        threadName: "graft leak")
      _ = loader.next()
      most = max(most, try graftThreads())
      withExtendedLifetime(loader) {}
    }
    #expect(most > 0)
    // A thread that has left its loop may take a moment to be gone.
    for _ in 0..<100 where try graftThreads() > 0 { usleep(10_000) }
    #expect(try graftThreads() == 0)
    withExtendedLifetime(folder) {}
  }
}

@Suite struct PNGWriterTests {
  @Test(arguments: [(1, 1), (3, 2), (64, 50)]) func readsBackTheSame(_ w: Int, _ h: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.path.appending("out.png")
    let image = Image(
      width: w, height: h, pixels: (0..<3 * w * h).map { UInt8(truncatingIfNeeded: $0 &* 77) })
    try PNGWriter.write(image, to: path)
    #expect(try ImageReader.read(path).image == image)
    try PNGWriter.write(image, to: path)
    // Nothing else is left.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["out.png"])
  }

  @Test func namesWhatHinders() throws {
    let image = Image(width: 1, height: 1, pixels: [1, 2, 3])
    #expect(
      failure { try PNGWriter.write(image, to: "/no/such/folder/x.png") }
        == DataError(
          "cannot be created: its folder is not there", kind: .cannotCreate))
    let folder = try TemporaryFolder()
    try folder.write("taken/x", "x")
    #expect(
      failure { try PNGWriter.write(image, to: folder.path.appending("taken")) }?.kind
        == .cannotCreate)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["taken"])
  }
}
