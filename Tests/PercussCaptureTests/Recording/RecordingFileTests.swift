import Foundation
import PercussGATT
import PercussTime
import Synchronization
import Testing

@testable import PercussCapture

/// The file of a recording, and what becomes of it on a bad disk.
struct RecordingFileTests {
  private struct Place: ~Copyable {
    let url = FileManager.default.temporaryDirectory.appending(path: "percuss-recording-\(UUID().uuidString)")
    var path: String { url.path }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  private final class Complaints: Sendable {
    let all = Mutex<[String]>([])
    func add(_ text: String) { all.withLock { $0.append(text) } }
    var texts: [String] { all.withLock { $0 } }
  }

  private func recording(
    at path: String, waits: Bool = false, _ complaints: Complaints = Complaints()
  ) throws -> CaptureRecording {
    try CaptureRecording(path, by: "test 1", clock: .virtual, at: .zero, waits: waits) { complaints.add($0) }
  }

  /// A record of that many bytes, its header among them.
  private func add(_ count: Int, to recording: CaptureRecording) {
    let packet = [UInt8](repeating: 0xAB, count: count - 24)
    recording.record { log in
      log.append(packet, kind: .acl, direction: .sent, controller: 0, at: .zero)
    }
  }

  @Test(arguments: [true, false])
  func `a file begins with who wrote it, and has every record`(waits: Bool) throws {
    let place = Place()
    let recording = try recording(at: place.path, waits: waits)
    for _ in 0..<1000 { add(100, to: recording) }
    let summary = recording.finish()
    #expect(summary.records == 1001 && summary.lost == 0 && summary.failure == nil)
    let file = Array(try Data(contentsOf: place.url))
    let (reading, _) = read(file)
    #expect(reading.error == nil && reading.records.count == 1001)
    #expect(reading.records.first?.kind == .other && reading.records.first?.time.nanoseconds == 0)
    #expect(String(decoding: file, as: UTF8.self).contains("recorded by test 1: values and instants"))
  }

  @Test func `what a file held is gone, and an unwritable one is an error`() throws {
    let place = Place()
    try Data(repeating: 7, count: 10_000).write(to: place.url)
    _ = try recording(at: place.path).finish()
    #expect(try Data(contentsOf: place.url).count < 1000)
    for (path, reason) in [("/nonexistent/file", "no such file or directory"), ("/", "is a directory")] {
      do {
        _ = try recording(at: path)
        Issue.record("it was created")
      } catch let error as RecordingError {
        #expect(error.description == reason)
      }
    }
  }

  @Test(arguments: [true, false])
  func `a full disk ends the recording, is told once, and delays nothing`(waits: Bool) throws {
    let complaints = Complaints()
    let recording = try recording(at: "/dev/full", waits: waits, complaints)
    for _ in 0..<10 { add(100, to: recording) }
    let summary = recording.finish()
    #expect(summary.failure == "no space left on device")
    #expect(complaints.texts == ["no space left on device"])
    add(100, to: recording)
    #expect(recording.finish().failure == "no space left on device")
    #expect(complaints.texts.count == 1)
  }

  @Test func `the end of a file that was cut is a whole record`() {
    var log = MonitorLog(clock: .virtual)
    for count in [0, 5, 300] {
      log.append(
        [UInt8](repeating: 1, count: count), kind: .acl, direction: .sent, controller: 0, at: .zero)
    }
    let file = log.bytes
    let ends = [16, 16 + 24, 16 + 24 + 29, 16 + 24 + 29 + 324]
    #expect(file.count == ends.last)
    for cut in 0...file.count {
      let expected = ends.last { $0 <= cut } ?? cut
      #expect(BTSnoopWriter.wholeRecords(in: file, upTo: cut) == expected || cut < 16)
    }
    // A later part has no header.
    #expect(BTSnoopWriter.wholeRecords(in: Array(file.dropFirst(16)), upTo: 30) == 24)
  }

  /// A pipe whose reader does nothing for a while.
  @Test func `a reader that does not read loses records, which are counted in the file, and holds nobody up`() throws {
    let place = Place()
    try #require(mkfifo(place.path, 0o600) == 0)
    // Opened for both, it does not wait for the other end.
    let reader = open(place.path, O_RDWR | O_NONBLOCK)
    try #require(reader >= 0)
    let recording = try recording(at: place.path)
    let size = 1 << 16
    let count = BackgroundFile.limit / size + 20
    let begin = ContinuousClock.now
    for _ in 0..<count { add(size, to: recording) }
    #expect(ContinuousClock.now - begin < .seconds(5))
    let received = Mutex<[UInt8]>([])
    let isDone = Atomic(false)
    let thread = Thread {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let length = Glibc.read(reader, &buffer, buffer.count)
        if length > 0 {
          received.withLock { $0 += buffer[..<length] }
        } else if isDone.load(ordering: .acquiring) {
          return
        } else {
          usleep(1000)
        }
      }
    }
    thread.start()
    // Something behind the gap, once there is room.
    var summary = recording.finish()
    // As many as are beyond the limit, with their headers, however much of it is being written.
    #expect((20...22).contains(summary.lost), "\(summary)")
    let lost = summary.lost
    add(100, to: recording)
    summary = recording.finish()
    #expect(summary.failure == nil && summary.lost == lost)
    isDone.store(true, ordering: .releasing)
    while !thread.isFinished { usleep(1000) }
    close(reader)
    let (reading, recorder) = read(received.withLock { $0 })
    #expect(reading.error == nil)
    #expect(reading.records.count == summary.records)
    #expect(reading.records.last?.lost == UInt32(lost))
    #expect(recorder.problems.contains { $0.reason == .packetsLost(UInt32(lost)) })
  }

  @Test func `a pipe that nobody reads is refused at once`() throws {
    let place = Place()
    try #require(mkfifo(place.path, 0o600) == 0)
    let begin = ContinuousClock.now
    #expect { _ = try recording(at: place.path) } throws: { "\($0)".contains("a pipe that nobody reads") }
    #expect(ContinuousClock.now - begin < .seconds(5))
  }

  @Test func `connections have handles of their own`() throws {
    let place = Place()
    let recording = try recording(at: place.path, waits: true)
    let handles = (0..<0xF00).map { _ in recording.newHandle() }
    #expect(handles.allSatisfy { (1...0xEFF).contains($0) })
    #expect(handles.prefix(3) == [1, 2, 3] && handles.last == 1)
    let other = CapturedAddress(1, isRandom: true)
    let numbers = [CapturedAddress.madeUpHost, other, .madeUpHost].map { recording.controller($0, at: .zero) }
    #expect(numbers == [0, 1, 0])
  }
}

/// What another thread has sent, on its way to the recording.
struct PromptRecordTests {
  @Test func `what one thread sends comes in order, and whole`() {
    let records = PromptRecords()
    let count = 20_000
    let thread = Thread {
      for number in 0..<count {
        records.add(
          [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)], lane: number % 3,
          at: MonotonicInstant(nanoseconds: Int64(number)))
      }
    }
    thread.start()
    var seen: [Int] = []
    var missed = 0
    while seen.count + missed < count {
      missed += records.drain { value, lane, instant in
        let number = Int(instant.nanoseconds)
        #expect(value == [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)])
        #expect(lane == number % 3)
        seen.append(number)
      }
    }
    #expect(seen == seen.sorted() && Set(seen).count == seen.count)
    #expect(seen.count + missed == count)
  }

  @Test func `what finds no room is counted, and the next goes on`() {
    let records = PromptRecords()
    for _ in 0..<PromptRecords.capacity + 3 { records.add([1], lane: 0, at: .zero) }
    records.add([UInt8](repeating: 0, count: PromptRecords.longest + 1), lane: 0, at: .zero)
    var count = 0
    #expect(records.drain { _, _, _ in count += 1 } == 4)
    #expect(count == PromptRecords.capacity)
    records.add([UInt8](repeating: 2, count: PromptRecords.longest), lane: 1, at: .zero)
    var lengths: [Int] = []
    let missed = records.drain { value, _, _ in lengths.append(value.count) }
    #expect(missed == 0 && lengths == [PromptRecords.longest])
  }

  @Test func `threads that send at once are all recorded or counted`() {
    let records = PromptRecords()
    let threads = (0..<3).map { _ in Thread { for _ in 0..<2000 { records.add([1, 2, 3], lane: 0, at: .zero) } } }
    for thread in threads { thread.start() }
    var total = 0
    while total < 6000 {
      var seen = 0
      total += records.drain { value, _, _ in
        #expect(value == [1, 2, 3])
        seen += 1
      }
      total += seen
    }
    #expect(total == 6000)
  }
}
