import GraftData
import GraftTensor
import GraftTestSupport
import GraftTraining
import SystemPackage
import Testing

@Suite struct PhotosTests {
  private let preprocessing = Preprocessing(
    resize: 14, crop: 12, scale: 1 / 255, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25])

  /// Noise, different in each photo, of odd sizes.
  private func addPhotos(_ count: Int, to folder: FilePath) throws -> [Sample] {
    try (0..<count).map { number in
      var noise = SeededGenerator(1, number)
      let (width, height) = (16 + number % 5, 15 + number % 3)
      let pixels = (0..<3 * width * height).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
      let path = folder.appending("\(number).png")
      try write(
        PNGWriter.encode(Image(width: width, height: height, pixels: pixels)), to: path)
      return Sample(path: path, label: number % 3)
    }
  }

  private func numbers(
    _ photos: some SampleSource, _ indices: [Int], epoch: Int?
  ) throws -> [Float] {
    let size = photos.sampleShape.elementCount
    return try [Float](unsafeUninitializedCapacity: indices.count * size) { buffer, count in
      count = indices.count * size
      try photos.read(indices[...], epoch: epoch, into: buffer.baseAddress!)
    }
  }

  /// What `graft classify` would show the network.
  private func expected(_ samples: [Sample]) throws -> [Float] {
    try samples.flatMap { sample in
      try preprocessing.normalized(preprocessing.resized(ImageReader.read(sample.path).image))
    }
  }

  @Test func plainPhotosAreWhatTheNetworkSeesInUse() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(7, to: folder)
      let photos = try PlainPhotos(samples, preprocessing: preprocessing)
      #expect(photos.sampleShape == [3, 12, 12] && photos.layout == .channelsLast)
      #expect(photos.labels == [0, 1, 2, 0, 1, 2, 0] && photos.count == 7)
      for epoch in [nil, 0, 5] {
        photos.prefetch([0, 3], epoch: epoch)
        #expect(try numbers(photos, Array(0..<7), epoch: epoch) == expected(samples))
      }
      #expect(
        try numbers(photos, [4, 1, 4], epoch: 2) == expected([samples[4], samples[1], samples[4]]))
      #expect(try photos.picture(2).width == 12)
    }
  }

  @Test(arguments: ["none", "flip", "crop:0.3", "strong"])
  func augmentedPhotosArePlainWithoutAnEpoch(_ policy: String) throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(5, to: folder)
      let photos = try AugmentedPhotos(
        samples, preprocessing: preprocessing, policy: AugmentationPolicy(policy), seed: 3)
      #expect(try numbers(photos, Array(0..<5), epoch: nil) == expected(samples))
      let isChanged = try numbers(photos, Array(0..<5), epoch: 1) != expected(samples)
      #expect(isChanged == (policy != "none"))
    }
  }

  @Test(arguments: ["cifar", "crop,jitter,erase:1"])
  func theSamePhotoHoweverItIsRead(_ policy: String) throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(9, to: folder)
      func photos(memory: Int = 1_000_000, threads: Int = 2) throws -> AugmentedPhotos {
        try AugmentedPhotos(
          samples, preprocessing: preprocessing, policy: AugmentationPolicy(policy), seed: 3,
          options: PhotoReadingOptions(memoryBytes: memory, threads: threads))
      }
      let all = Array(0..<9)
      let first = try numbers(photos(), all, epoch: 4)
      let source = try photos()
      _ = try numbers(source, all, epoch: 3)
      // One by one, backwards, after another epoch, asked for before, with every photo in memory.
      source.load()
      source.prefetch([8, 2, 5], epoch: 4)
      source.prefetch([1, 0], epoch: 4)
      let single = try all.reversed().map { try numbers(source, [$0], epoch: 4) }
      #expect(single.reversed().flatMap { $0 } == first)
      // With no memory for any photo, and for some.
      #expect(try numbers(photos(memory: 0, threads: 1), all, epoch: 4) == first)
      #expect(try numbers(photos(memory: 1300), all, epoch: 4) == first)
      let onOneThread = try withThreads(1) { () throws(CheckFailure) in
        try? numbers(photos(threads: 5), all, epoch: 4)
      }
      #expect(onOneThread == first)
      #expect(try numbers(source, all, epoch: 5) != first)
      let other = try AugmentedPhotos(
        samples, preprocessing: preprocessing, policy: AugmentationPolicy(policy), seed: 4)
      #expect(try numbers(other, all, epoch: 4) != first)
      let picture = try source.picture(6, epoch: 4)
      #expect(preprocessing.normalized(picture) == Array(first[6 * 432..<7 * 432]))
    }
  }

  @Test func viewsComeAgain() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(4, to: folder)
      func photos(_ views: Int?) throws -> AugmentedPhotos {
        try AugmentedPhotos(
          samples, preprocessing: preprocessing, policy: AugmentationPolicy("light"), views: views,
          seed: 3)
      }
      let (three, endless) = (try photos(3), try photos(nil))
      #expect(three.viewCount == 3 && endless.viewCount == nil)
      let views = try (0..<3).map { try numbers(three, [0, 1, 2, 3], epoch: $0) }
      #expect(Set(views).count == 3)
      for epoch in 3..<8 {
        three.prefetch([0, 2], epoch: epoch)
        #expect(try numbers(three, [0, 1, 2, 3], epoch: epoch) == views[epoch % 3])
      }
      #expect(try numbers(endless, [0, 1, 2, 3], epoch: 2) == views[2])
      #expect(try numbers(endless, [0, 1, 2, 3], epoch: 5) != views[2])
      // No photo's view is another's.
      #expect(views[0][..<432] != views[0][432..<864])
    }
  }

  /// What is in memory is not read again; what did not fit is.
  @Test func keepsWhatFits() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(6, to: folder)
      let photos = try AugmentedPhotos(
        samples, preprocessing: preprocessing, policy: AugmentationPolicy("flip"), seed: 1,
        // Four photos of 12 x 12 pixels and a bit.
        options: PhotoReadingOptions(memoryBytes: 4 * 432 + 100))
      for index in 0..<6 { _ = try photos.picture(index, epoch: 1) }
      for sample in samples { try write([1, 2, 3], to: sample.path) }
      for index in 0..<4 { _ = try photos.picture(index, epoch: 2) }
      for index in 4..<6 {
        #expect(
          throws: TrainingError("\(samples[index].path): not an image", kind: .badData)
        ) { try photos.picture(index, epoch: 2) }
      }
    }
  }

  @Test func namesThePhotoThatBecameUnreadable() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(5, to: folder)
      let photos = try PlainPhotos(
        samples, preprocessing: preprocessing, options: PhotoReadingOptions(memoryBytes: 0))
      _ = try numbers(photos, Array(0..<5), epoch: nil)
      #expect(photos.load() == [:])
      try write(contents(samples[3].path).prefix(60), to: samples[3].path)
      try write([], to: samples[1].path)
      // The first of the batch, ahead or not.
      let empty = TrainingError("\(samples[1].path): file is empty", kind: .badData)
      #expect(throws: empty) { try numbers(photos, [0, 1, 2, 3], epoch: 1) }
      photos.prefetch([1, 3], epoch: 1)
      #expect(throws: empty) { try numbers(photos, [0, 1, 2, 3], epoch: 1) }
      #expect(
        throws: TrainingError("\(samples[3].path): file ends early", kind: .badData)
      ) { try numbers(photos, [3, 1], epoch: 1) }
      #expect(
        photos.load() == [1: DataError("file is empty"), 3: DataError("file ends early")])
      #expect(try numbers(photos, [0, 2, 4], epoch: 1).count == 3 * 432)
    }
  }

  @Test func loadTellsAndStops() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(3, to: folder)
      let many = (0..<50).flatMap { _ in samples }
      let photos = try PlainPhotos(many, preprocessing: preprocessing)
      var told: [Int] = []
      photos.load { done in
        told.append(done)
        return .proceed
      }
      #expect(told == [64, 128, 150])
      photos.load { done in
        told.append(done)
        return .stop
      }
      #expect(told == [64, 128, 150, 64])
    }
  }

  @Test func refusesSettingsThatCannotWork() throws {
    #expect(
      throws: TrainingError(
        "the preprocessing sets no crop, so that photos would differ in size; set a crop",
        kind: .badSetting)
    ) { try PlainPhotos([], preprocessing: Preprocessing(crop: nil)) }
    #expect(
      throws: TrainingError(
        "resize (8) is smaller than crop (9); make it at least as large", kind: .badSetting)
    ) { try PlainPhotos([], preprocessing: Preprocessing(resize: 8, crop: 9)) }
    #expect(throws: TrainingError("views is 0; expected at least 1", kind: .badSetting)) {
      try AugmentedPhotos([], preprocessing: preprocessing, policy: .none, views: 0, seed: 1)
    }
    #expect(
      throws: TrainingError(
        "0 threads to read photos; expected at least 1", kind: .badSetting)
    ) {
      try PlainPhotos(
        [], preprocessing: preprocessing, options: PhotoReadingOptions(threads: 0))
    }
  }

  /// More is asked for than is ever read, and sources are dropped while their threads work.
  @Test func asksInVainDoNoHarm() throws {
    try withTemporaryFolder { folder in
      let samples = try addPhotos(8, to: folder)
      let reference = try expected(samples)
      for round in 0..<40 {
        let photos = try PlainPhotos(
          samples, preprocessing: preprocessing, options: PhotoReadingOptions(memoryBytes: 0))
        for _ in 0..<round % 5 { photos.prefetch([0, 1, 2, 3, 4, 5, 6, 7], epoch: 1) }
        photos.prefetch([], epoch: 1)
        if round % 2 == 0 {
          photos.prefetch([7, 7, 6], epoch: 1)
          #expect(try numbers(photos, Array(0..<8), epoch: 1) == reference)
        }
      }
    }
  }
}
