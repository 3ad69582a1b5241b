internal import PercussGATT
internal import PercussLink

/// What the Device Information Service says about a device; `nil` where it has no such characteristic.
public struct DeviceInformation: Equatable, Sendable {
  /// Manufacturer Name String.
  public var manufacturer: String?
  /// Model Number String.
  public var model: String?
  /// Serial Number String.
  public var serialNumber: String?
  /// Firmware Revision String.
  public var firmware: String?
  /// Hardware Revision String.
  public var hardware: String?
}

extension Device {
  /// Reads the Device Information Service. A device that has no firmware revision there is asked for its version, where its family has such a question.
  public func information() async throws(DeviceError) -> DeviceInformation {
    DeviceInformation(
      manufacturer: try await text(.manufacturerName), model: try await text(.modelNumber),
      serialNumber: try await text(.serialNumber), firmware: try await firmware(),
      hardware: try await text(.hardwareRevision))
  }

  private func firmware() async throws(DeviceError) -> String? {
    if let text = try await text(.firmwareRevision) { return text }
    do throws(DeviceError) {
      guard case .version(let version) = try await perform(.readVersion) else { return nil }
      return version.description
    } catch {
      switch error.reason {
      // It does not tell, which is no reason not to use it.
      case .unsupported, .noResponse, .link(.attribute): return nil
      default: throw error
      }
    }
  }

  private func text(_ characteristic: BluetoothUUID) async throws(DeviceError) -> String? {
    do throws(LinkError) {
      // A byte that is no UTF-8 becomes a replacement character.
      return String(decoding: try await link.read(characteristic), as: UTF8.self)
    } catch {
      switch error {
      case .noSuchCharacteristic, .attribute: return nil
      default: throw DeviceError(link: error, during: "reading the device information")
      }
    }
  }
}
