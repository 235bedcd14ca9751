import Foundation
import Testing

/// Labels out of a CSV and out of the names of files.
@Suite struct LabelsTests {
  /// `drawn`, photos in five class folders, and `tiny.onnx`.
  private func workplace() throws -> Workplace {
    let place = try Workplace()
    try place.addModel()
    try place.addPhotos("drawn")
    return place
  }

  /// The photos of `drawn` in natural order: `ring/ring-1.png`.
  private func photos(_ place: Workplace) -> [(path: String, label: String)] {
    place.names(in: "drawn").flatMap { label in
      place.names(in: "drawn/\(label)").map { ("\(label)/\($0)", label) }
    }
  }

  private let usual = ["--depth", "head", "--epochs", "5"]

  @Test func aTableThatSaysWhatFoldersSayGivesTheSameModel() throws {
    let place = try workplace()
    let rows = photos(place).reversed().map { "\($0.path),\($0.label)\n" }
    try place.write("path,label\n" + rows.joined(), to: "labels.csv")
    let ofFolders = try place.graft(["finetune", "tiny.onnx", "on", "drawn", "-o", "a"] + usual)
    #expect(ofFolders.status == 0, "\(ofFolders.err)")
    let ofTable = try place.graft(
      ["finetune", "tiny.onnx", "on", "drawn", "--labels", "labels.csv", "-o", "b"] + usual)
    #expect(ofTable.status == 0, "\(ofTable.err)")
    #expect(
      ofTable.err.hasPrefix("Data    drawn: 40 photos, 5 classes (circle 8, ring 8, ")
        && ofTable.err.contains("\n        labels from labels.csv\n"))
    for name in ["model.onnx", "split.csv", "val-predictions.csv", "epochs.csv"] {
      #expect(place.bytes("a/\(name)") == place.bytes("b/\(name)"), "\(name)")
    }
  }

  @Test func keepsToTheSplitOfATableAndLeavesOutWhatItDoesNotName() throws {
    let place = try workplace()
    let all = photos(place)
    // Of each class the first is for validation and the second in no row.
    let rows = all.enumerated().filter { $0.offset % 8 != 1 }.map {
      "\($0.element.path),\($0.element.label),\($0.offset % 8 == 0 ? "val" : "train")\r\n"
    }
    try place.write("\u{FEFF}file,label,split\r\n" + rows.joined(), to: "labels.csv")
    let run = try place.graft(
      ["finetune", "tiny.onnx", "on", "drawn", "--labels", "labels.csv", "-o", "run"] + usual)
    #expect(run.status == 0, "\(run.err)")
    #expect(
      run.err.contains(
        "note: 5 photos of the folder are not in the CSV and left out: drawn/\(all[1].path), "))
    #expect(run.err.contains("        train 30 · validation 5 (as the CSV has it)\n"))
    let split = place.text("run/split.csv")
    #expect(split.split(separator: "\r\n").count == 36)
    #expect(split.contains("\(all[0].path),\(all[0].label),validation\r\n"))

    // What a run wrote can be said again, and the run remembers what it was told.
    let said = try place.graft("evaluate", "run", "drawn", "--labels", "run/split.csv", "--json")
    #expect(said.status == 0, "\(said.err)")
    let remembered = try place.graft("evaluate", "run", "drawn", "--json")
    #expect(remembered.out == said.out)
    let talking = try place.graft("evaluate", "run", "drawn", "--split", "val")
    #expect(talking.err.hasPrefix("labels from "))
    #expect(talking.err.contains("/labels.csv, as the run has them\n"))
    #expect(talking.out.contains(" of 5; "))
    let exported = try place.graft("export", "run", "-o", "x.onnx")
    #expect(exported.out.contains("same answers as the model on 5/5 of 5 validation photos"))
  }

  @Test func goesOnWithLabelsFromATable() throws {
    let place = try workplace()
    try place.write(
      "path,label\n" + photos(place).map { "drawn/\($0.path),\($0.label)\n" }.joined(),
      to: "labels.csv")
    try place.addModel("slow.onnx", size: 128, width: 128)
    let words = [
      "finetune", "slow.onnx", "on", "drawn", "--labels", "labels.csv", "--depth", "all",
      "--epochs", "6",
    ]
    let whole = try place.begin(
      Workplace.graft, words + ["-o", "cut"], ["GRAFT_CPU": "portable"])
    try whole.waitForErrors("epoch 1/6")
    whole.signal(SIGINT)
    let cut = try place.finish(whole)
    #expect(cut.status == 130, "\(cut.err)")
    try place.write("path,label\n", to: "labels.csv")
    expectFailure(
      try place.graft("finetune", "--resume", "cut"), 66, "labels.csv: there are no photos")
  }

  @Test func takesLabelsFromNames() throws {
    let place = try workplace()
    try FileManager.default.createDirectory(
      atPath: place.path + "/flat", withIntermediateDirectories: true)
    for (number, photo) in photos(place).enumerated() {
      try FileManager.default.copyItem(
        atPath: place.path + "/drawn/\(photo.path)",
        toPath: place.path + "/flat/\(photo.label)_\(number).png")
    }
    let words = ["--labels-from-name", "^(.+)_[0-9]+"]
    let run = try place.graft(["finetune", "tiny.onnx", "on", "flat", "-o", "run"] + words + usual)
    #expect(run.status == 0, "\(run.err)")
    #expect(run.err.contains("\n        labels from the names of files, by '^(.+)_[0-9]+'\n"))
    let said = try place.graft(["evaluate", "run", "flat", "--json"] + words)
    #expect(said.status == 0, "\(said.err)")
    #expect(try place.graft("evaluate", "run", "flat", "--json").out == said.out)
    expectFailure(
      try place.graft("finetune", "tiny.onnx", "on", "flat", "--labels-from-name", "ring_(.+)"), 65,
      "flat: 32 of 40 photos have names that do not match 'ring_(.+)'")
    expectFailure(
      try place.graft("finetune", "tiny.onnx", "on", "flat", "--labels-from-name", "ring"), 64,
      "'ring': expected one group in parentheses, the label; (?:…) groups without being one")
  }

  @Test func refusesWhatDoesNotGoTogether() throws {
    let place = try workplace()
    try place.write("path,label\ndrawn/none.png,a\n", to: "labels.csv")
    let words = ["finetune", "tiny.onnx", "on", "drawn"]
    expectFailure(
      try place.graft(words + ["--labels", "labels.csv"]), 66,
      "labels.csv: 1 of 1 photos that it names are not there")
    expectFailure(
      try place.graft(words + ["--labels", "labels.csv", "--labels-from-name", "(a)"]), 64,
      "--labels and --labels-from-name exclude each other")
    expectFailure(
      try place.graft(words + ["--labels", "nothing.csv"]), 66,
      "nothing.csv: no such file or folder")
  }

  @Test func aListOfNamesStillNamesOutputs() throws {
    let place = try Workplace()
    try place.addTrainedModel()
    try place.write("a\nb\n", to: "names.txt")
    expectFailure(
      try place.graft("evaluate", "pets.onnx", "photos", "--labels", "names.txt"), 65,
      "names.txt: 2 names; the network has 5 outputs")
  }

  /// A pattern that tries more ways than there is time for ends with a message, not never.
  @Test func givesUpAPatternThatNeverEnds() throws {
    let place = try workplace()
    let name = String(repeating: "a", count: 60) + "!.png"
    _ = try place.shell("mkdir p && cp \"$(ls drawn/ring/* | head -n 1)\" p/\(name)")
    expectFailure(
      try place.graft(["finetune", "tiny.onnx", "on", "p", "--labels-from-name", "^(?:a+)+(x)$"]),
      65,
      "the pattern was sought for 5 s in '\(name)'; write it without one repetition inside another")
  }
}
