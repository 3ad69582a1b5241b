import CBusBaselines
import Foundation
import PercussCapture
import PercussGATT
import PercussTime
import PercussWire

/// Reading captures into typed frames, against a walk in C that decodes nothing, and against the programs that people use.
enum CaptureBench {
  /// What is measured against the walk, in rounds of less than a second.
  static let walkName = "capture.vs_c"
  /// Against programs that take seconds for a round, each by itself.
  static var programs: [(name: String, make: () throws -> Benchmark)] {
    [("capture.vs_btmon", againstBtmon), ("capture.vs_tshark", againstTshark), ("capture.memory", memory)]
  }

  /// The memory of a capture ten times as long as another, each read by a process of its own.
  private static func memory() throws -> Benchmark {
    let (long, short) = (try GeneratedCapture(packets: 2_000_000), try GeneratedCapture(packets: 200_000))
    return Benchmark(
      name: "capture.memory", unit: "KiB at most, anonymous", goal: .ratio(1.1),
      ours: { try long.peakMemory() }, baseline: { try short.peakMemory() })
  }

  private static let readerOption = "--read-capture"

  /// In the process of which the memory is measured: reads the capture, counts what is in it, and prints the most memory that was its own at a time,
  /// in KiB. Pages of the mapped file are the system's, which takes them back.
  static func readIfReader() {
    guard CommandLine.arguments.count == 3, CommandLine.arguments[1] == readerOption else { return }
    var decoder = CaptureDecoder()
    var statistics = CaptureStatistics()
    var peak = 0
    do {
      try CaptureFile(CommandLine.arguments[2]).read { record, packet in
        decoder.decode(record, packet, into: &statistics)
        if record.number & 0xFFFF == 0 { peak = max(peak, anonymousMemory()) }
        return true
      }
      decoder.finish(into: &statistics)
      print(max(peak, anonymousMemory()))
      exit(0)
    } catch {
      complain("\(error)")
      exit(70)
    }
  }

  /// In KiB.
  private static func anonymousMemory() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line.flatMap { $0.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) } } ?? 0
  }

  /// What such a process prints.
  fileprivate static func readerOutput(_ path: String) throws -> Double {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [readerOption, path]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, let peak = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)),
      peak > 0
    else { throw BenchmarkFailure("the reader of \(path) ended with \(process.terminationStatus)") }
    return peak
  }

  static func walk() throws -> Benchmark {
    let capture = try GeneratedCapture(packets: 1_000_000)
    return Benchmark(
      name: "capture.vs_c", unit: "packets per second", goal: .ratioAtLeast(0.25),
      ours: { try capture.decode() }, baseline: { try capture.walk() })
  }

  /// Without a discovery, over which btmon 5.66 crashes.
  private static func againstBtmon() throws -> Benchmark {
    let capture = try GeneratedCapture(packets: 100_000, showsDiscovery: false)
    return Benchmark(
      name: "capture.vs_btmon", unit: "packets per second", goal: .ratioAtLeast(20),
      ours: { try capture.decode() }, baseline: { try capture.run("btmon", ["-r", capture.path]) })
  }

  private static func againstTshark() throws -> Benchmark {
    let capture = try GeneratedCapture(packets: 200_000)
    let fields = ["frame.number", "btatt.opcode", "btatt.handle", "percuss.telemetry.speed"].flatMap { ["-e", $0] }
    let dissector = ["-X", "lua_script:protocol-spec/generated/percuss.lua"]
    return Benchmark(
      name: "capture.vs_tshark", unit: "packets per second", goal: .ratioAtLeast(150),
      ours: { try capture.decode() },
      baseline: { try capture.run("tshark", dissector + ["-r", capture.path, "-T", "fields"] + fields) })
  }
}

/// A capture of the usual traffic of four devices that play, in an order that no processor foresees: telemetry, and now and then a request with its answer.
private final class GeneratedCapture {
  let path: String
  let packets: Int
  /// Frames that it must show.
  private var frames = 0
  private let showsDiscovery: Bool
  /// What is at which handle, where the capture does not show that.
  private var handles = SavedHandles()

  init(packets: Int, showsDiscovery: Bool = true) throws {
    self.packets = packets
    self.showsDiscovery = showsDiscovery
    path = FileManager.default.temporaryDirectory.appending(path: "percuss-bench-\(getpid())-\(packets).btsnoop").path
    try Data(write()).write(to: URL(filePath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private func write() throws -> [UInt8] {
    let writer = BTSnoopWriter(.monitor)
    var file = writer.header
    file.reserveCapacity(packets * 56)
    var count: Int64 = 0
    func packet(_ kind: PacketKind, _ direction: CaptureDirection, _ packet: [UInt8]) {
      count += 1
      writer.append(
        packet.span.bytes, kind: kind, direction: direction, time: CaptureInstant(microseconds: count * 500), to: &file)
    }
    var link: UInt8 = 0x40
    var generator = SeededGenerator(seed: 1)
    func att(_ direction: CaptureDirection, _ pdu: [UInt8]) {
      let flags: UInt8 = direction == .sent ? 0 : 0x20
      let length = UInt8(pdu.count)
      packet(.acl, direction, [link, flags, length + 4, 0, length, 0, 4, 0] + pdu)
    }
    packet(.controllerAdded, .sent, [0, 1, 1, 0, 0, 0xAA, 0, 0] + Array("hci0".utf8) + [0, 0, 0, 0])
    for device: UInt8 in 0..<4 {
      link = 0x40 + device
      packet(
        .event, .received,
        [0x3E, 19, 1, 0, link, 0, 0, 1, device, 0x11, 0x0A, 0x47, 0x2E, 0xC8, 24, 0, 0, 0, 42, 0, 0])
      var handle: UInt8 = 0x11
      for characteristic in ServiceDescription.percuss.characteristics {
        guard showsDiscovery else {
          handles.add(characteristic.uuid, at: UInt16(handle) + 1, of: nil)
          handle += 3
          continue
        }
        att(.sent, [0x08, handle, 0, 0xFF, 0xFF, 0x03, 0x28])
        att(
          .received,
          [0x09, 21, handle, 0, characteristic.properties.rawValue, handle + 1, 0]
            + characteristic.uuid.littleEndianBytes)
        handle += 3
      }
    }
    // The values are at 0x12, 0x15 and so on.
    var counter: UInt8 = 0
    while count < packets {
      link = 0x40 + UInt8.random(in: 0..<4, using: &generator)
      if Int.random(in: 0..<20, using: &generator) == 0, count + 4 <= packets {
        let request = try ControlRequest(
          sequence: counter, flags: [], body: .setSpeed(speedPPM: 1900, rampMilliseconds: 500)
        ).bytes()
        att(.sent, [0x12, 0x15, 0] + request)
        att(.received, [0x13])
        let response = try ControlResponse(
          opCode: .setSpeed, sequence: counter, result: .success, state: .manual, body: .empty
        ).bytes()
        att(.received, [0x1D, 0x15, 0] + response)
        att(.sent, [0x1E])
        frames += 2
      } else {
        let telemetry = try Telemetry(
          counter: counter, state: .manual, timeMilliseconds: UInt32(count), speedPPM: 1900, targetPPM: 1900,
          forceDecinewtons: 300, temperatureDecidegrees: 305, batteryPercent: 80, step: 0xFFFF, remainingSeconds: 0,
          faults: []
        ).bytes()
        att(.received, [0x1B, 0x18, 0] + telemetry)
        frames += 1
      }
      counter &+= 1
    }
    return file
  }

  /// Packets a second, from the file to typed frames.
  func decode() throws -> Double {
    var counter = FrameCounter()
    var decoder = CaptureDecoder(saved: handles)
    let start = MonotonicInstant.ofSystem()
    try CaptureFile(path).read { record, packet in
      decoder.decode(record, packet, into: &counter)
      return true
    }
    decoder.finish(into: &counter)
    let seconds = Double(MonotonicInstant.ofSystem().nanoseconds - start.nanoseconds) / 1e9
    guard counter.frames == frames, counter.problems == 0 else {
      throw BenchmarkFailure("\(counter.frames) of \(frames) frames were decoded, with \(counter.problems) problems")
    }
    return Double(packets) / seconds
  }

  /// Packets a second of the walk in C, the mapping of the file included, as it is in ours.
  func walk() throws -> Double {
    var result = percuss_capture_walk_result()
    let start = MonotonicInstant.ofSystem()
    let status = percuss_capture_walk_file(path, &result)
    let seconds = Double(MonotonicInstant.ofSystem().nanoseconds - start.nanoseconds) / 1e9
    guard status == 0, result.records == packets, result.values == frames else {
      throw BenchmarkFailure("the walk in C found \(result.values) of \(frames) values, status \(status)")
    }
    return Double(packets) / seconds
  }

  /// The most memory that a process which reads it has of its own, in KiB.
  func peakMemory() throws -> Double { try CaptureBench.readerOutput(path) }

  /// Packets a second of a program, from its start to its end, its output thrown away.
  func run(_ program: String, _ arguments: [String]) throws -> Double {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let start = MonotonicInstant.ofSystem()
    try process.run()
    process.waitUntilExit()
    let seconds = Double(MonotonicInstant.ofSystem().nanoseconds - start.nanoseconds) / 1e9
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw BenchmarkFailure("\(program) ended with \(process.terminationStatus)")
    }
    return Double(packets) / seconds
  }
}

/// Takes every frame, so that none of its bytes may be left undecoded.
private struct FrameCounter: CaptureObserver {
  var frames = 0
  var problems = 0
  var sum = 0

  mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    do throws(WireError) {
      guard let frame = try event.frame(of: value) else { return }
      frames += 1
      switch frame {
      case .telemetry(let telemetry): sum &+= Int(telemetry.speedPPM) &+ Int(telemetry.counter)
      case .request(let request): sum &+= Int(request.sequence)
      case .response(let response): sum &+= Int(response.sequence)
      default: sum &+= 1
      }
    } catch {
      problems += 1
    }
  }

  mutating func connection(_ event: ConnectionEvent) {}
  mutating func controller(_ event: ControllerEvent) {}
  mutating func problem(_ problem: CaptureProblem) { problems += 1 }
}
