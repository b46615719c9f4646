using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class RegisteredAdapterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("radlab-registered-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Run => Path.Combine(_folder, "run");

    private ModelRegistry Registry => new(Path.Combine(_folder, "registry"));

    [Theory]
    [InlineData("chest")]
    [InlineData("runs/last")]
    [InlineData("/abs/1")]
    [InlineData("a/b@c")]
    [InlineData("../1")]
    public void A_path_is_no_reference(string text) => Assert.Null(RegisteredAdapter.Find(Registry, text));

    [Fact]
    public void A_reference_leads_to_the_adapter_that_was_registered_and_to_no_other()
    {
        FinishedRun.Write(Run);
        string adapter = Path.Combine(Run, "adapter"), weights = Path.Combine(adapter, "adapter_model.safetensors");
        var entry = Registry.Add(Run, "chest", DateTime.UnixEpoch);
        Registry.SetAlias("chest", "champion", 1);
        Assert.Equal(new RegisteredAdapter("chest/1", adapter), RegisteredAdapter.Find(Registry, "chest/1"));
        Assert.Equal(new RegisteredAdapter("chest/1", adapter), RegisteredAdapter.Find(Registry, "chest@champion"));
        Assert.Equal("model 'chest/2': there is no such version; chest has 1, @champion.", Message("chest/2"));

        File.WriteAllText(weights, "others");
        string now = RegistryLineage.AdapterHashOf(RegistryLineage.FilesOf(adapter));
        Assert.Equal($"adapter chest/1: {adapter} has the hash {now}, but chest/1 was registered with {entry.AdapterSha256}; restore it, or register it anew.", Message("chest/1"));
        Directory.Delete(adapter, recursive: true);
        Assert.Equal($"adapter chest@champion: chest/1 was registered from {Run}, where it is no longer; put the run's folder back, or give the adapter's folder.", Message("chest@champion"));

        FinishedRun.Write(Run);
        Directory.Move(adapter, Path.Combine(Run, "model"));
        Registry.Add(Run, "chest", DateTime.UnixEpoch);
        Assert.Equal($"adapter chest/2: chest/2 is a whole model and no adapter; give it as --model {Path.Combine(Run, "model")}.", Message("chest/2"));
    }

    private string Message(string reference) => Assert.Throws<RecipeException>(() => RegisteredAdapter.Find(Registry, reference)).Message;
}
