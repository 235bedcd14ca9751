import Foundation
import GraftData
import SystemPackage
import Testing

@Suite struct LabelSourceTests {
  private let folder: TemporaryFolder
  private var table: FilePath { folder.path.appending("labels.csv") }
  private var photos: FilePath { folder.path.appending("photos") }

  init() throws { folder = try TemporaryFolder() }

  private func add(_ files: String...) throws {
    for (number, file) in files.enumerated() {
      try folder.write("photos/" + file, "photo \(number)")
    }
  }

  private func listed(
    _ text: String, _ task: LearningTask = .classification, delimiter: String = "|"
  ) throws -> ImageFolder {
    try folder.write("labels.csv", text)
    return try ImageFolder(photos, labels: .table(table, delimiter: delimiter), task: task)
  }

  private func names(_ samples: [Sample]?) -> [String] {
    (samples ?? []).map { String($0.path.string.dropFirst(photos.string.count + 1)) }
  }

  private func expect(
    _ text: String, _ task: LearningTask = .classification, fails message: String,
    hints: [String]? = nil, at place: SourceLocation = #_sourceLocation
  ) throws {
    #expect(sourceLocation: place) {
      try listed(text, task)
    } throws: { error in
      guard let error = error as? DataError else { return false }
      let found = error.message.replacing(folder.path.string + "/", with: "")
      #expect(found == message, sourceLocation: place)
      if let hints {
        let all = error.hints.map { $0.replacing(folder.path.string + "/", with: "") }
        #expect(all == hints, sourceLocation: place)
      }
      return true
    }
  }

  // MARK: - Classes

  @Test func takesClassesFromATable() throws {
    try add("b/10.png", "b/9.png", "a.jpg", "c.png", "readme.txt", "spare.png")
    let folder = try listed(
      "label,path,width\ndog,a.jpg,1\ncat,b/10.png,2\ncat,./b/9.png,3\ndog,c.png,4\n")
    #expect(folder.task == .classification)
    #expect(folder.classes == ["cat", "dog"])
    #expect(names(folder.samples) == ["b/9.png", "b/10.png", "a.jpg", "c.png"])
    #expect(folder.samples.map(\.label) == [0, 0, 1, 1])
    #expect(folder.validation == nil && folder.test == nil)
    #expect(names(folder.unlisted.map { Sample(path: $0, label: 0) }) == ["spare.png"])
  }

  @Test func isTheFolderWhereTheTableSaysWhatFoldersSay() throws {
    try add(
      "train/cat/2.png", "train/cat/10.png", "train/dog/1.png", "val/cat/3.png", "val/dog/4.png")
    let ofFolders = try ImageFolder(photos)
    let ofTable = try listed(
      "file,class,split\nval/dog/4.png,dog,val\ntrain/dog/1.png,dog,TRAIN\ntrain/cat/10.png,cat,train\n"
        + "val/cat/3.png,cat,validation\ntrain/cat/2.png,cat,training\n")
    #expect(ofTable.classes == ofFolders.classes)
    #expect(ofTable.samples == ofFolders.samples)
    #expect(ofTable.validation == ofFolders.validation)
    #expect(ofTable.test == nil)
  }

  @Test func findsPhotosBesideTheTableToo() throws {
    try add("a.png")
    try folder.write("photos/deep/b.png", "b")
    try folder.write("elsewhere/c.png", "c")
    let found = try listed(
      "filename,label\nphotos/a.png,x\n\(photos.string)/deep/b.png,y\nelsewhere/c.png,x\n")
    #expect(
      found.samples.map(\.path) == [
        folder.path.appending("elsewhere/c.png"), photos.appending("a.png"),
        photos.appending("deep/b.png"),
      ])
    #expect(found.unlisted.isEmpty)
  }

  @Test func takesARowThatIsThereTwiceOnce() throws {
    try add("a.png", "b.png")
    let found = try listed("path,label\na.png,x\nb.png,y\n./a.png,x\n")
    #expect(found.samples.count == 2)
    try expect(
      "path,label\na.png,x\nb.png,y\n./a.png,y\n",
      fails: "labels.csv: line 4: a.png is there twice with different entries, first in line 2")
  }

  @Test func namesPhotosThatAreNotThere() throws {
    try add("a.png", "b.png")
    try expect(
      "path,label\na.png,x\nc.png,y\n" + (1...6).map { "d\($0).png,y\n" }.joined(),
      fails: "labels.csv: 7 of 8 photos that it names are not there",
      hints: [
        "line 3: c.png", "line 4: d1.png", "line 5: d2.png", "line 6: d3.png", "line 7: d4.png",
        "and 2 more", "Paths are relative to 'photos', or to the folder of the table.",
      ])
  }

  @Test(arguments: [
    (
      "img,label\na.png,x\n",
      "no column says which photo is meant; expected one called path, file or filename (the header has 'img', 'label')"
    ),
    (
      "path,kind\na.png,x\n",
      "no column says the label; expected one called label (the header has 'path', 'kind')"
    ),
    ("path,label\na.png,\n", "line 2: the label is empty"),
    ("path,label\n,x\n", "line 2: no photo is named"),
    (
      "path,label\na.png,x\nb.png,x\n",
      "only one label, 'x'; telling classes apart needs two or more"
    ),
    ("path,label\n", "there are no photos"),
    (
      "path,label,split\na.png,x,dev\nb.png,y,train\n",
      "line 2: split is 'dev'; expected train, val or test"
    ),
    (
      "path,label,split\na.png,x,train\nb.png,y,val\n",
      "line 3: label 'y' is on no photo to train on"
    ),
    ("path,label\na.png\n", "line 2: 1 field; the header has 2"),
    ("path,label,Label\na.png,x,y\nb.png,y,x\n", "two columns are called 'label'"),
    ("path,path,label\na.png,a.png,x\n", "two columns are called 'path'"),
  ])
  func refuses(_ text: String, _ message: String) throws {
    try add("a.png", "b.png")
    try expect(text, fails: "labels.csv: " + message)
  }

  @Test func knowsATableByItsEndingOrHeader() throws {
    for (name, text, isTable) in [
      ("names.txt", "cat\ndog\n", false), ("names.csv", "cat\ndog\n", true),
      ("labels.txt", "path,label\na,b\n", true), ("nothing", "", false),
      ("path.txt", "path\nroad\n", false),
    ] {
      try folder.write(name, text)
      #expect(LabelSource.isTable(folder.path.appending(name)) == isTable, "\(name)")
    }
  }

  // MARK: - Several labels

  @Test func takesSeveralLabelsFromOneColumn() throws {
    try add("a.png", "b.png", "c.png")
    let found = try listed(
      "path,labels\na.png,red| round \nb.png,\nc.png,round|big|round|\n", .multiLabel)
    #expect(found.classes == ["big", "red", "round"])
    #expect(found.samples.map(\.targets) == [[0, 1, 1], [0, 0, 0], [1, 0, 1]])
    let spaced = try listed("path,tags\na.png,red round\nb.png,\n", .multiLabel, delimiter: " ")
    #expect(spaced.classes == ["red", "round"])
  }

  @Test func takesSeveralLabelsFromColumnsOfZeroAndOne() throws {
    try add("a.png", "b.png")
    let found = try listed("red,path,big\n1,a.png,0.0\nTrue,b.png,1\n", .multiLabel)
    #expect(found.classes == ["red", "big"])
    #expect(found.samples.map(\.targets) == [[1, 0], [1, 1]])
  }

  @Test(arguments: [
    ("path,red\na.png,2\n", "line 2: 'red' is '2'; expected 0 or 1, or a column 'labels'"),
    ("path,red,big\na.png,1,0\nb.png,0,0\n", "column 'big' has a 1 for no photo; leave it out"),
    ("path,labels\na.png,\n", "no photo has a label"),
    ("path,red,red\na.png,1,1\n", "two columns are called 'red'"),
    (
      "path\na.png\n",
      "no column beside the photo's; expected one called labels, or one of 0 and 1 for each"
    ),
  ])
  func refusesLabels(_ text: String, _ message: String) throws {
    try add("a.png", "b.png")
    try expect(text, .multiLabel, fails: "labels.csv: " + message)
  }

  // MARK: - Numbers

  @Test func takesNumbers() throws {
    try add("a.png", "b.png")
    let found = try listed(
      "path,weight,split,height\nb.png,3.5,train,-1e2\na.png,4,val,7\n", .regression)
    #expect(found.task == .regression && found.classes == ["weight", "height"])
    #expect(found.samples.map(\.targets) == [[3.5, -100]])
    #expect(found.validation?.map(\.targets) == [[4, 7]])
  }

  @Test(arguments: [
    ("path,weight\na.png,heavy\n", "line 2: 'weight' is 'heavy'; expected a number"),
    ("path,weight\na.png,\n", "line 2: 'weight' is ''; expected a number"),
    ("path,weight\na.png,nan\n", "line 2: 'weight' is 'nan'; expected a number"),
    ("path,weight\na.png,2\nb.png,2\n", "'weight' is 2.0 for every photo; nothing can be learned"),
    ("path\na.png\n", "no column beside the photo's; expected one or more of numbers"),
  ])
  func refusesNumbers(_ text: String, _ message: String) throws {
    try add("a.png", "b.png")
    try expect(text, .regression, fails: "labels.csv: " + message)
  }

  @Test func classFoldersHaveOneLabel() throws {
    try add("a/1.png", "b/1.png")
    #expect {
      try ImageFolder(photos, labels: .folders, task: .multiLabel)
    } throws: {
      "\($0)"
        == "photos in class folders have one label each; several labels or numbers come from a CSV: "
        + "--labels FILE.csv"
    }
  }

  // MARK: - Names of files

  @Test func takesLabelsFromNames() throws {
    try add("great_pug_10.png", "great_pug_9.JPG", "deep/beagle_1.jpeg", "notes.txt", ".hidden.png")
    let found = try ImageFolder(photos, labels: .fileNames(pattern: #"^(.+)_\d+"#))
    #expect(found.classes == ["beagle", "great_pug"])
    #expect(names(found.samples) == ["deep/beagle_1.jpeg", "great_pug_9.JPG", "great_pug_10.png"])
    #expect(found.strayCount == 1 && found.hiddenCount == 1)
    #expect(found.validation == nil)
  }

  @Test func keepsPartsThatAreFolders() throws {
    try add("train/cat1.png", "train/dog1.png", "val/cat2.png", "test/x/dog2.png", "other/dog3.png")
    let found = try ImageFolder(photos, labels: .fileNames(pattern: #"([a-z]+)\d"#))
    #expect(names(found.samples) == ["train/cat1.png", "train/dog1.png"])
    #expect(names(found.validation) == ["val/cat2.png"])
    #expect(names(found.test) == ["test/x/dog2.png"])
    #expect(found.strayCount == 1)
  }

  @Test(arguments: [
    (#"(.+)_\d+"#, "photos: 1 of 3 photos have names that do not match '(.+)_\\d+'"),
    (#".+"#, "'.+': expected one group in parentheses, the label; (?:…) groups without being one"),
    (
      #"(a)(b)"#,
      "'(a)(b)': expected one group in parentheses, the label; (?:…) groups without being one"
    ),
    (#"(a"#, "'(a' is no regular expression: expected ')'"),
  ])
  func refusesNames(_ pattern: String, _ message: String) throws {
    try add("a_1.png", "b_2.png", "c.png")
    #expect {
      try ImageFolder(photos, labels: .fileNames(pattern: pattern))
    } throws: { error in
      (error as? DataError)?.message.replacing(folder.path.string + "/", with: "") == message
    }
  }
}
