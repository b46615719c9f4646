using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class RecipePlacesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Relative(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path);

    private static Recipe Full(string model, string data) => RecipePlaces.Full(TinyTraining.Recipe with { Model = model, Data = data });

    [Fact]
    public void Folders_that_exist_get_their_full_paths()
    {
        string model = Directory.CreateDirectory(_folder.File("model")).FullName, data = Directory.CreateDirectory(_folder.File("data")).FullName, plus = Directory.CreateDirectory(_folder.File("a+b")).FullName;
        var full = Full(Relative(model) + "/", $"{Relative(data)}+synthetic-reports:count=10,part=kept");
        Assert.Equal((model, $"{data}+synthetic-reports:count=10,part=kept"), (full.Model, full.Data));
        Assert.Equal(plus, Full("radlab-tiny", Relative(plus)).Data);
        Assert.Equal(_folder.Write("mine.json", "{}"), Full("radlab-tiny", Relative(_folder.File("mine.json"))).Data);
        Assert.Equal(RecipeJson.Write(full), RecipeJson.Write(RecipePlaces.Full(full)));
    }

    [Theory]
    [InlineData("radlab-tiny", "radlab-tiny")]
    [InlineData("radlab-tiny-random", "radlab-tiny-random")]
    [InlineData("org/none", "org/none")]
    [InlineData("hf:org/none@v1", "org/none@v1")]
    [InlineData("comparison:sizes/1.5M/base", "comparison:sizes/1.5M/base")]
    public void Names_stay_names(string model, string expected)
    {
        var full = Full(model, "synthetic-protocols+synthetic-problem-lists:count=9000,seed=18");
        Assert.Equal((expected, "synthetic-protocols+synthetic-problem-lists:count=9000,seed=18"), (full.Model, full.Data));
    }

    [Theory]
    [InlineData("org/none", "org/none")]
    [InlineData("hf:org/none@v1", "org/none@v1")]
    [InlineData("no where", "ORG/NAME")]
    public void A_model_that_is_not_here_says_how_to_fetch_it(string model, string id) =>
        Assert.Equal($"model {model}: there is no such folder, nor such a model in the Hugging Face cache; give --model a folder with config.json, weights and tokenizer, or fetch a model: radlab data get hf:{id}", Assert.Throws<RecipeException>(() => BaseModels.Find(model)).Message);

    [Fact]
    public void A_folder_without_a_model_says_what_it_lacks()
    {
        using var empty = new ScratchFolder();
        Assert.Equal($"model {empty.Path}: the folder has no config.json; give --model a folder with config.json, weights and tokenizer.", Assert.Throws<RecipeException>(() => BaseModels.Find(empty.Path)).Message);
    }

    [Fact]
    public void A_published_shape_is_known_by_its_id_however_it_is_written() =>
        Assert.Equal(BaseModels.ShapeOf("epfl-llm/meditron-7b"), BaseModels.ShapeOf("hf:epfl-llm/meditron-7b"));
}
