import Foundation
import PercussBlueZ
import PercussGATT
import PercussLink
import PercussTime
import Testing

/// The central with a GATT application that shares no code with it. Tests/Roles plays it, with the application of Tests/BlueZ/guest/gatt_server.py.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["PERCUSS_FOREIGN_PERIPHERAL"] != nil))
struct ForeignApplicationTests {
  private static func uuid(_ number: Int) throws -> BluetoothUUID {
    try #require(BluetoothUUID("c0de000\(number)-7065-7263-7573-73000000bbbb"))
  }

  @Test func `our central finds, reads, writes both ways, is notified and indicated`() async throws {
    let address = try #require(ProcessInfo.processInfo.environment["PERCUSS_FOREIGN_PERIPHERAL"])
    let (readable, requests, commands) = (try Self.uuid(2), try Self.uuid(3), try Self.uuid(4))
    let (notified, indicated, pipe) = (try Self.uuid(5), try Self.uuid(6), try Self.uuid(8))
    let timeline = RealTimeline(name: "foreign")
    defer { timeline.shutDown() }
    try await timeline.run {
      try await withTimeout(.seconds(90), on: timeline, waitingFor: "the test to end") {
        let central = try await BlueZCentral.open(adapter: .name("hci0"), on: timeline)
        let found = try await central.find(address, timeout: .seconds(20))
        #expect(found.name == "percuss-python")
        #expect(found.services == [try Self.uuid(1)])
        // Twice: the second connection meets the objects of the first.
        for _ in 0..<2 {
          let link = try #require(try await central.connect(to: found.id, timeout: .seconds(20)) as? BlueZLink)
          let log = EventLog(of: link, on: timeline)
          #expect(try await link.read(readable) == Array(0..<50))
          await #expect(throws: LinkError.attribute(ATTError(0x81), characteristic: readable)) {
            try await link.write([1], to: readable, type: .request)
          }
          try await link.subscribe(to: [notified, indicated, pipe])
          try await link.write(Array("request".utf8), to: requests, type: .request)
          try await log.wait(.seconds(20)) {
            $0.values(of: notified) == [Array("request".utf8)] && $0.values(of: indicated) == [Array("request".utf8)]
          }
          try await link.write(Array("command".utf8), to: commands, type: .command)
          try await log.wait(.seconds(20)) { $0.values(of: notified).last == Array("command".utf8) }
          // Through a descriptor at each of the four ends.
          for number in 0..<50 { try await link.write([UInt8(number)], to: pipe, type: .command) }
          try await log.wait(.seconds(20)) { $0.values(of: pipe) == (0..<50).map { [UInt8($0)] } }
          try await link.unsubscribe(from: [notified])
          await link.disconnect()
          try await log.wait(.seconds(20)) { $0.isFinished }
          #expect(await log.end?.reason == .closedLocally)
        }
        await central.close()
      }
    }
  }
}
