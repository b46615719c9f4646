using RadLab.Models;

namespace RadLab.Tests;

public sealed class ShardedCheckpointTests
{
    private static byte[] Shard(string tensor, params byte[] data) =>
        RawSafeTensors.Build($$$"""{"{{{tensor}}}":{"dtype":"U8","shape":[{{{data.Length}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);

    private static CheckpointFormatException Refused(TemporaryModelFolder folder) =>
        Assert.Throws<CheckpointFormatException>(() => ShardedCheckpoint.Open(folder.Path).Dispose());

    [Fact]
    public void Tensors_are_read_from_the_shard_that_the_index_names()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("model-00001-of-00002.safetensors", Shard("a", 1, 2));
        folder.Write("model-00002-of-00002.safetensors", Shard("b", 3));
        folder.Write("model.safetensors.index.json",
            """{"metadata":{"total_size":3,"extra":{"x":[1]}},"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"},"other":[{}]}""");
        using var checkpoint = ShardedCheckpoint.Open(folder.Path);
        Assert.Equal(["a", "b"], checkpoint.Entries.Select(e => e.Name));
        Assert.Equal(3, checkpoint.TotalBytes);
        Assert.Equal(3, checkpoint.DeclaredTotalBytes);
        Assert.Empty(checkpoint.Unlisted);
        var bytes = new byte[1];
        checkpoint.Read("b", bytes);
        Assert.Equal([3], bytes);
        checkpoint.ReadRange("a", 1, bytes);
        Assert.Equal([2], bytes);
        Assert.True(checkpoint.Contains("a"));
        Assert.False(checkpoint.Contains("c"));
    }

    [Fact]
    public void A_single_file_needs_no_index_and_may_have_another_stem()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("adapter_model.safetensors", Shard("a", 1, 2));
        using var checkpoint = ShardedCheckpoint.Open(folder.Path, "adapter_model");
        Assert.Equal(2, checkpoint.Get("a").ByteCount);
        Assert.Null(checkpoint.DeclaredTotalBytes);
        var e = Assert.Throws<CheckpointFormatException>(() => checkpoint.Get("b"));
        Assert.EndsWith("tensor 'b': is not among the 1 tensors of the checkpoint; check that weights and config.json belong together.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_outside_the_index_is_listed_but_not_read()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("x.safetensors", Shard("a", 1));
        folder.Write("y.safetensors", RawSafeTensors.Build("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 8, 9));
        folder.Write("model.safetensors.index.json", """{"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}""");
        using var checkpoint = ShardedCheckpoint.Open(folder.Path);
        Assert.Equal(["a"], checkpoint.Unlisted);
        var bytes = new byte[1];
        checkpoint.Read("a", bytes);
        Assert.Equal([1], bytes);
    }

    [Fact]
    public void A_folder_with_a_single_file_and_an_index_is_ambiguous()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("model.safetensors", Shard("a", 1));
        folder.Write("model.safetensors.index.json", "{}");
        Assert.Equal($"{folder.Path}: weights: the folder has both model.safetensors and model.safetensors.index.json; remove the one that is a leftover.", Refused(folder).Message);
    }

    [Fact]
    public void A_folder_without_weights_is_named()
    {
        using var folder = new TemporaryModelFolder();
        var e = Assert.Throws<FileNotFoundException>(() => ShardedCheckpoint.Open(folder.Path));
        Assert.Equal($"{folder.Path}: weights: the folder must have model.safetensors or model.safetensors.index.json; check the path, or convert other formats first.", e.Message);
    }

    [Theory]
    [InlineData("../x.safetensors"), InlineData("/etc/x.safetensors"), InlineData("sub/x.safetensors"), InlineData("..\\\\x.safetensors"), InlineData("sub\\\\x.safetensors")]
    [InlineData("C:x.safetensors"), InlineData(".x.safetensors"), InlineData(".safetensors"), InlineData("x.bin"), InlineData(""), InlineData("x\\u0000.safetensors")]
    public void A_shard_outside_the_folder_is_refused_even_where_it_exists(string shard)
    {
        using var folder = new TemporaryModelFolder();
        Directory.CreateDirectory(folder.File("sub"));
        File.WriteAllBytes(folder.File("sub/x.safetensors"), Shard("a", 1));
        folder.Write("model.safetensors.index.json", $$$"""{"weight_map":{"a":"{{{shard}}}"}}""");
        var e = Refused(folder);
        Assert.Equal("weight_map", e.Field);
        Assert.Contains("must name .safetensors files of the folder itself, got '", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_shard_and_a_shard_without_its_tensor_are_named()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("model.safetensors.index.json", """{"weight_map":{"a":"x.safetensors","b":"y.safetensors"}}""");
        folder.Write("x.safetensors", Shard("a", 1));
        Assert.EndsWith("shard 'y.safetensors': is not in the folder; download the missing shard.", Refused(folder).Message, StringComparison.Ordinal);
        folder.Write("y.safetensors", Shard("c", 1));
        Assert.EndsWith("tensor 'b': is not in the shard 'y.safetensors' that the index names; index and shards are of different models: download both again.",
            Refused(folder).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"x.safetensors","a":"x.safetensors"}}""", "weight_map: has the key 'a' twice")]
    [InlineData("""{"weight_map":{},"weight_map":{}}""", "index: has the key 'weight_map' twice")]
    [InlineData("""{"weight_map":{}}""", "weight_map: must name at least one tensor")]
    [InlineData("""{"metadata":{}}""", "weight_map: must name at least one tensor")]
    [InlineData("""{"weight_map":{"a":1}}""", "weight_map: must be a string")]
    [InlineData("""{"weight_map":[]}""", "weight_map: must be an object")]
    [InlineData("""{"metadata":{"total_size":"3"}}""", "metadata.total_size: must be a finite number")]
    [InlineData("""{"weight_map":{"a":"x.safetensors"}} x""", "index: is not valid JSON near byte 37, or is nested too deeply")]
    [InlineData("""{"x":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}""", "index: is not valid JSON near byte 20, or is nested too deeply")]
    [InlineData("", "index: is not valid JSON near byte 0, or is nested too deeply")]
    public void A_malformed_index_is_refused_by_field(string index, string problem)
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("x.safetensors", Shard("a", 1));
        folder.Write("model.safetensors.index.json", index);
        Assert.Equal($"{folder.File("model.safetensors.index.json")}: {problem}; download or write the index again.", Refused(folder).Message);
    }

    [Fact]
    public void More_shards_than_can_be_open_are_refused()
    {
        using var folder = new TemporaryModelFolder();
        folder.Write("model.safetensors.index.json", $$$"""{"weight_map":{{{{string.Join(',', Enumerable.Range(0, 513).Select(i => $"\"t{i}\":\"s{i}.safetensors\""))}}}}}""");
        Assert.Contains("weight_map: must name at most 512 shards", Refused(folder).Message, StringComparison.Ordinal);
    }
}
