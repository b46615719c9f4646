using System.Security.Cryptography;
using System.Text;

namespace RadLab.Notebooks;

/// <summary>HMAC-SHA-256 over the four parts of a message; compared in constant time, and each signature is taken once.</summary>
internal sealed class MessageSigner(string key)
{
    private const int Remembered = 1 << 16;

    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly HashSet<string> _seen = [];
    private readonly Queue<string> _order = new();

    public string Sign(IEnumerable<byte[]> parts)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (byte[] part in parts) mac.AppendData(part);
        return Convert.ToHexStringLower(mac.GetHashAndReset());
    }

    public bool Accepts(byte[] signature, IEnumerable<byte[]> parts, out string? refused)
    {
        string expected = Sign(parts);
        refused = signature.Length == 0 ? "an unsigned message"
            : !CryptographicOperations.FixedTimeEquals(signature, Encoding.ASCII.GetBytes(expected)) ? "a wrong signature"
            : !Remember(expected) ? "a message that came before" : null;
        return refused is null;
    }

    private bool Remember(string signature)
    {
        lock (_seen)
        {
            if (!_seen.Add(signature)) return false;
            _order.Enqueue(signature);
            if (_order.Count > Remembered) _seen.Remove(_order.Dequeue());
            return true;
        }
    }
}
