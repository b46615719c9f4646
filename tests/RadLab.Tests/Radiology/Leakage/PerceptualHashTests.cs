using System.Buffers.Binary;
using System.IO.Compression;
using RadLab.Radiology;
using Xunit.Abstractions;

namespace RadLab.Tests;

public sealed class PerceptualHashTests(ITestOutputHelper output)
{
    [Fact]
    public void A_ramp_sets_the_bits_of_its_direction_only()
    {
        byte[] right = [.. Enumerable.Range(0, 34 * 34).Select(i => (byte)(i % 34))], down = [.. Enumerable.Range(0, 34 * 34).Select(i => (byte)(i / 34))];
        Assert.Equal(new PerceptualHash(ulong.MaxValue, ulong.MaxValue, 0, 0, 128), PerceptualHash.Of(right, 34, 34));
        Assert.Equal(new PerceptualHash(0, 0, ulong.MaxValue, ulong.MaxValue, 128), PerceptualHash.Of(down, 34, 34));
        Assert.False(PerceptualHash.Of(new byte[100], 10, 10).IsComparable);
    }

    [Fact]
    public void Fields_are_averages_over_their_exact_areas()
    {
        // a width that 17 does not divide, against sums over the picture blown up 17 times in both directions
        byte[] picture = LeakageGateTests.Picture(29, 23, 5);
        var hash = PerceptualHash.Of(picture, 29, 23);
        byte[] large = new byte[29 * 17 * 23 * 17];
        for (int y = 0; y < 23 * 17; y++)
            for (int x = 0; x < 29 * 17; x++) large[y * 29 * 17 + x] = picture[y / 17 * 29 + x / 17];
        Assert.Equal(hash, PerceptualHash.Of(large, 29 * 17, 23 * 17));
        Assert.Equal(hash, PerceptualHash.Of(Array.ConvertAll(picture, p => (ushort)(p * 257)), 29, 23));
        Assert.Equal("PerceptualHash: pixels must hold width x height = 12 values, got 11. (Parameter 'pixels')", Assert.Throws<ArgumentException>(() => PerceptualHash.Of(new byte[11], 4, 3)).Message);
        Assert.Equal("PerceptualHash: width and height must be from 1 to 65536, got 0 and 3.", Assert.Throws<ArgumentException>(() => PerceptualHash.Of(Array.Empty<byte>(), 0, 3)).Message);
    }

    [Fact]
    public void Resizing_brightness_and_noise_change_few_bits_and_other_pictures_many()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            byte[] picture = LeakageGateTests.Picture(256, 256, seed);
            var hash = PerceptualHash.Of(picture, 256, 256);
            byte[] half = [.. Enumerable.Range(0, 128 * 128).Select(i => (byte)((picture[i / 128 * 512 + i % 128 * 2] + picture[i / 128 * 512 + i % 128 * 2 + 1] + picture[i / 128 * 512 + 256 + i % 128 * 2] + picture[i / 128 * 512 + 257 + i % 128 * 2]) / 4))];
            var noise = new SeededRandom(seed, 4, 0);
            byte[] noisy = [.. picture.Select(p => (byte)Math.Clamp(p + noise.Between(-8, 8), 0, 255))];
            Assert.InRange(hash.Distance(PerceptualHash.Of(half, 128, 128)), 0, 8);
            Assert.InRange(hash.Distance(PerceptualHash.Of(noisy, 256, 256)), 0, 16);
            Assert.InRange(hash.Distance(PerceptualHash.Of(LeakageGateTests.Picture(256, 256, seed + 100), 256, 256)), 80, 256);
        }
    }

    [SkippableFact]
    public void Chest_radiographs_of_different_patients_seldom_count_as_one()
    {
        var images = Npy(SharedData.Require("images/medmnist/pneumoniamnist.npz"), "val_images.npy", 28 * 28);
        var hashes = images.Select(i => PerceptualHash.Of(i, 28, 28)).ToList();
        int[] within = new int[257];
        for (int i = 0; i < hashes.Count; i++)
            for (int j = 0; j < i; j++) within[hashes[i].Distance(hashes[j])]++;
        long pairs = (long)hashes.Count * (hashes.Count - 1) / 2;
        output.WriteLine($"{hashes.Count} images, {pairs} pairs; at most 8 bits: {within.Take(9).Sum()}, 16: {within.Take(17).Sum()}, 24: {within.Take(25).Sum()}, 32: {within.Take(33).Sum()}, 48: {within.Take(49).Sum()}; least comparable {hashes.Min(h => h.Unequal)}");
        Assert.All(hashes, h => Assert.True(h.IsComparable));
        Assert.InRange(within.Take(17).Sum(), 0, (int)(pairs / 10_000));
    }

    private static List<byte[]> Npy(string npz, string member, int size)
    {
        using var archive = ZipFile.OpenRead(npz);
        using var stream = archive.GetEntry(member)!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        byte[] bytes = memory.ToArray();
        int start = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        return [.. Enumerable.Range(0, (bytes.Length - start) / size).Select(i => bytes[(start + i * size)..(start + (i + 1) * size)])];
    }
}
