import Foundation
import PercussCapture

/// A file that a run leaves behind, tried before anything moves.
struct OutputFile {
  let path: String
  /// Where it really lies; the links to it stay.
  fileprivate let place: URL
  /// What is written whole or not at all; not so a pipe or a device.
  fileprivate let isRegular: Bool

  /// - Parameter input: the file that is read; it is not written over.
  /// - Throws: a failure with status 2 when it cannot be written.
  init(_ path: String, besides input: String) throws {
    self.path = path
    place = Self.place(of: path)
    if input != "-", place == Self.place(of: input) {
      throw Self.unwritable(path, "it is the file that is read; name another")
    }
    var status = stat()
    let exists = stat(place.path, &status) == 0
    let kind = status.st_mode & S_IFMT
    isRegular = !exists || kind == S_IFREG
    if exists, kind == S_IFDIR { throw Self.unwritable(path, systemMessage(EISDIR)) }
    if exists, access(place.path, W_OK) != 0 { throw Self.unwritable(path, systemMessage(errno)) }
    if isRegular {
      let folder = place.deletingLastPathComponent().path
      var isFolder: ObjCBool = false
      guard !path.isEmpty, FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
        throw Self.unwritable(path, systemMessage(ENOENT))
      }
      guard isFolder.boolValue else { throw Self.unwritable(path, systemMessage(ENOTDIR)) }
      guard access(folder, W_OK | X_OK) == 0 else { throw Self.unwritable(path, systemMessage(errno)) }
    }
  }

  /// Where a path really leads, by whatever name.
  static func place(of path: String) -> URL {
    let place = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    // Of what is not there yet the folder can be a link all the same.
    guard let folder = realpath(place.deletingLastPathComponent().path, nil) else { return place }
    defer { free(folder) }
    return URL(fileURLWithPath: String(cString: folder), isDirectory: true)
      .appending(path: place.lastPathComponent, directoryHint: .notDirectory)
  }

  /// A file beside a capture, which is not written over, nor is any other: one name too few on the command line is easily written.
  ///
  /// - Throws: as ``init(_:besides:)``.
  init(_ path: String, besidesCapture input: String) throws {
    try self.init(path, besides: input)
    guard isRegular, let file = try? FileHandle(forReadingFrom: place) else { return }
    defer { try? file.close() }
    if let beginning = try? file.read(upToCount: 24), CaptureReader.isCapture(beginning.bytes) {
      throw Self.unwritable(path, "it is a capture, which stays; name another, or remove it first")
    }
  }

  /// - Throws: a failure with status 70: the file could be written when the run began.
  func write(_ text: String) throws {
    do {
      try Data(text.utf8).write(to: place, options: isRegular ? .atomic : [])
    } catch {
      var failure = Self.unwritable(path, error.localizedDescription)
      failure.status = .internalFault
      throw failure
    }
  }

  fileprivate static func unwritable(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure(.usage, "percuss: “\(path)” cannot be written: \(reason)")
  }
}

/// A file that is written bit by bit. It takes its name when it is whole; before, it lies beside its place under another one, and is removed when it never becomes whole.
final class StreamedFile {
  private let file: OutputFile
  private let path: String
  private var handle: FileHandle?

  /// - Throws: a failure with status 2 when it cannot be written.
  init(_ file: OutputFile) throws {
    self.file = file
    path = file.isRegular ? file.place.path + ".part-\(getpid())" : file.place.path
    let flags = O_WRONLY | O_CLOEXEC | (file.isRegular ? O_CREAT | O_EXCL : 0)
    let descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else { throw OutputFile.unwritable(file.path, systemMessage(errno)) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  deinit {
    if handle != nil, file.isRegular { unlink(path) }
  }

  /// Writes the bytes, and empties the buffer.
  ///
  /// - Returns: why that could not be done, with status 70.
  func write(_ bytes: inout [UInt8]) -> CommandFailure? {
    do {
      try handle?.write(contentsOf: bytes)
      bytes.removeAll(keepingCapacity: true)
      return nil
    } catch {
      return failure(error.localizedDescription)
    }
  }

  /// Gives it its name.
  ///
  /// - Throws: a failure with status 70.
  func close() throws {
    do { try handle?.close() } catch { throw failure(error.localizedDescription) }
    if file.isRegular, rename(path, file.place.path) != 0 { throw failure(systemMessage(errno)) }
    handle = nil
  }

  private func failure(_ reason: String) -> CommandFailure {
    var failure = OutputFile.unwritable(file.path, reason)
    failure.status = .internalFault
    return failure
  }
}
